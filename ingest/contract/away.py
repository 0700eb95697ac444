"""Away: what people read while Kafka or the warehouse does not answer."""

from ingest.contract.label import Label

KAFKA_AWAY = Label("Kafka không trả lời", "Kafka does not answer")
WAREHOUSE_AWAY = Label("kho dữ liệu không trả lời", "the warehouse does not answer")

WAREHOUSE_ASK_AGAIN = Label("Kho dữ liệu đang không trả lời, hãy thử lại.", "The warehouse does not answer, try again.")
KAFKA_SEND_AGAIN = Label(
    "Kafka không trả lời nên chưa ghi được. Hãy thử lại: việc đã ghi sẽ không bị ghi hai lần.",
    "Kafka does not answer, so nothing was written. Try again: what was written is not written twice.",
)
SERVICE_ASK_AGAIN = Label("Có dịch vụ không trả lời, hãy thử lại.", "A service does not answer, try again.")
