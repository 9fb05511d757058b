/** Names of things as people say them. What is not listed is called as it is. */

const DATASETS = new Map([
  ["mtt", "MagnaTagATune"],
  ["msd", "Million Song"],
  ["audioset", "AudioSet"],
]);
const ARCHITECTURES = new Map([
  ["musicnn", "MusiCNN"],
  ["vgg", "VGG"],
  ["vggish", "VGGish"],
]);
const COLUMNS = new Map([
  ["strongest", "strongest tag"],
  ["kept", "neighbours kept"],
  ["spread", "variety within the track"],
  ["density", "density"],
  ["bpm", "BPM"],
]);

/** @param {string} name */
export const datasetName = (name) => DATASETS.get(name) ?? name;

/** @param {string} name */
export const architectureName = (name) => ARCHITECTURES.get(name) ?? name;

/** @param {string} network  "mtt-musicnn" @returns {string} "MusiCNN · MagnaTagATune" */
export function networkName(network) {
  const [dataset, ...rest] = network.split("-");
  const architecture = ARCHITECTURES.get(rest.join("-"));
  return architecture ? `${architecture} · ${DATASETS.get(dataset) ?? dataset}` : network;
}

/** @param {string} column  a name from the catalogue @returns {string} */
export function columnName(column) {
  if (!column.startsWith("overlap:")) return COLUMNS.get(column) ?? column;
  const [network, layer] = column.slice("overlap:".length).split("/");
  return `agrees with ${networkName(network)}, ${layer}`;
}
