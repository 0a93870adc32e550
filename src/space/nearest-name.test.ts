import { expect, test } from "vitest";
import { nearestName } from "./nearest-name.js";

const known = ["width", "weight_decay", "lr", "batch_size"];

test.each([
  ["widht", "width"],
  ["Width", "width"],
  ["weigth_decay", "weight_decay"],
  ["batchsize", "batch_size"],
  ["l", "lr"],
  ["dropout", undefined],
  ["depth", undefined],
])("%s: %s", (name, expected) => {
  expect(nearestName(name, known)).toBe(expected);
});
