/* Groups: the map of the residential groups shows the layer that is chosen. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.groups = { choose: (layer) => layer };
