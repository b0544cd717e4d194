// The classes of things that are labelled: the key of each in the editor and the colour of its boxes. The order is that
// of `vision/classes.py`.

export const CLASSES = [
  { name: "person", key: "1", colour: "#ffd166" },
  { name: "bicycle", key: "2", colour: "#06d6a0" },
  { name: "motorcycle", key: "3", colour: "#2ec4f1" },
  { name: "car", key: "4", colour: "#6d9dff" },
  { name: "bus", key: "5", colour: "#c792ea" },
  { name: "truck", key: "6", colour: "#ff9a4d" },
  { name: "tricycle", key: "7", colour: "#f45bbd" },
  { name: "umbrella", key: "8", colour: "#7ef0ff" },
  { name: "stall", key: "9", colour: "#ff5a63" },
  { name: "table", key: "0", colour: "#d8b48a" },
  { name: "goods", key: "g", colour: "#a5e05a" },
  { name: "unknown", key: "u", colour: "#c9d6e4" },
];

export const REGION_COLOUR = "#dfe8f1";

// What nobody could name; a picture is never said to be complete of it.
export const UNKNOWN = "unknown";

export const colourOf = (name) => CLASSES.find((kind) => kind.name === name)?.colour ?? REGION_COLOUR;
