/** Secrets that must leave by no door. */
export const secrets = { markerKey: "marker-key-7f3a9c51", modelKey: "sk-model-2b8e6d04" };
