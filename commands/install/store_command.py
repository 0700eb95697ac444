"""Store command: what the commands that change the board's store share - secrets, settings, and what is said when it cannot be."""

from collections.abc import Callable

from commands.install import secret_files
from commands.install import settings as install_settings
from commands.install.settings import Install
from commands.install.terminal import say
from dashboard.store.store import StoreUnavailable
from ingest.contract.errors import ConfigurationError


def run_on_store(act: Callable[[Install], int]) -> int:
    """Do something with this install's store, and tell the person why where it cannot be done.

    Args:
        act: does it, and returns the command's exit code.

    Returns:
        The exit code; 1 if a setting is wrong or the store cannot be used now.
    """
    try:
        secret_files.make_secrets(install_settings.data_folder_path() / "secrets", install_settings.KINDS)
        return act(install_settings.read_install())
    except ConfigurationError as error:
        say(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")
    except StoreUnavailable as error:
        say(error.detail.vi, error.detail.en)
    return 1
