/**
 * Answers the page's questions to the API in a static copy, from files that lie beside it.
 *
 * The page asks by `fetch`, which browsers forbid among files. This script takes its place: what the server
 * would answer is put together from scripts below `data/`, each loaded when it is needed first. A script holds
 * one thing under a name, such as `tag:piano` of a network's segments, and hands it over by `put`.
 */
(() => {
  "use strict";

  const MISSING = "This copy of the page does not hold that: it needs the server.";
  /** Letters that are no base letter with an accent. */
  const PLAIN = { æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i" };

  /** @type {any} what is where, and what the copy is of: see `put` */
  let index = null;
  /** @type {Map<string, {value: Promise<any>, resolve: (value: any) => void}>} */
  const held = new Map();

  class Refusal extends Error {}

  globalThis.musicExploreSite = {
    /** @param {any} value  of `data/index.js` */
    begin(value) {
      index = value;
    },
    /** @param {string} name @param {any} value  JSON, or bytes as {base64} */
    put(name, value) {
      const isBytes = value !== null && typeof value.base64 === "string";
      held.get(name)?.resolve(isBytes ? bytesOf(value.base64) : value);
    },
  };

  /** @param {string} base64 @returns {Uint8Array} */
  function bytesOf(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
    return bytes;
  }

  /** @param {string} name @returns {Promise<any>} what the copy holds under a name */
  function get(name) {
    const known = held.get(name);
    if (known) return known.value;
    const file = index.files[name];
    if (!file) return Promise.reject(new Refusal(MISSING));
    let resolve = (_) => {};
    const value = new Promise((resolved, rejected) => {
      resolve = resolved;
      const script = document.createElement("script");
      script.onerror = () => rejected(new Refusal(`The file ${file} of this copy is missing.`));
      script.onload = () => script.remove();
      script.src = file;
      document.head.append(script);
    });
    held.set(name, { value, resolve });
    return value;
  }

  // ---- columns of points --------------------------------------------------------------------------

  /** @param {Uint8Array} bytes  in the safetensors layout */
  function unpack(bytes) {
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const { __metadata__: metadata, ...tensors } = JSON.parse(
      new TextDecoder().decode(bytes.subarray(8, 8 + length)),
    );
    const columns = Object.entries(tensors).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        return { name, dtype, shape, bytes: bytes.subarray(8 + length + from, 8 + length + to) };
      },
    );
    return { info: JSON.parse(metadata.info), columns };
  }

  /** @param {any} info @param {any[]} columns @returns {Uint8Array} in the safetensors layout */
  function pack(info, columns) {
    const size = ({ dtype }) => Number(dtype.slice(1));
    columns.sort((a, b) => size(b) - size(a));
    const header = { __metadata__: { info: JSON.stringify(info) } };
    let end = 0;
    for (const { name, dtype, shape, bytes } of columns) {
      header[name] = { dtype, shape, data_offsets: [end, (end += bytes.length)] };
    }
    let head = new TextEncoder().encode(JSON.stringify(header));
    const room = Math.ceil(head.length / 8) * 8;
    const packed = new Uint8Array(8 + room + end).fill(32, 8, 8 + room);
    new DataView(packed.buffer).setBigUint64(0, BigInt(room), true);
    packed.set(head, 8);
    for (const { name, bytes } of columns) packed.set(bytes, 8 + room + header[name].data_offsets[0]);
    return packed;
  }

  /** @param {Record<string, string>} query @param {"x" | "y"} axis */
  async function axisOf({ network, layer, level, projection, ...rest }, axis) {
    if (rest[`${axis}_minus`] || (rest[`${axis}_scale`] ?? "linear") !== "linear") throw new Refusal(MISSING);
    let choice = rest[axis] ?? { x: "0", y: "1" }[axis];
    const tags = index.networks.networks.find(({ name }) => name === network)?.tags ?? [];
    if (projection === "original" && layer === "taggrams" && tags.includes(choice))
      choice = tags.indexOf(choice);
    const { info, columns } = unpack(
      await get(["axis", network, layer, level, projection, choice].join("|")),
    );
    return { info: { ...info, axes: { [axis]: info.axes.x } }, columns: [{ ...columns[0], name: axis }] };
  }

  /** @param {Record<string, string>} query @param {string} name @returns {Promise<any[]>} */
  async function partsOf(query, name) {
    const { network, layer, level, projection } = query;
    if (name === "position") return Promise.all([axisOf(query, "x"), axisOf(query, "y")]);
    const space = [network, level, name];
    if (name === "spread") space.push(layer);
    if (name === "kept") space.push(layer, projection);
    return [unpack(await get(["column", ...space].join("|")))];
  }

  /** @param {Record<string, string>} query */
  async function points(query) {
    const found = await Promise.all(query.columns.split(",").map((name) => partsOf(query, name)));
    const parts = found.flat();
    const merge = (key) => Object.assign({}, ...parts.map(({ info }) => info[key]));
    const info = {
      ...parts[0].info,
      axes: merge("axes"),
      scales: merge("scales"),
      categories: merge("categories"),
    };
    return pack(
      info,
      parts.flatMap(({ columns }) => columns),
    );
  }

  // ---- tracks ---------------------------------------------------------------------------------------

  /** @param {number} id */
  async function trackOf(id) {
    const chunk = await get(`tracks|${Math.floor(id / index.tracks_at_once)}`).catch(() => ({}));
    if (!chunk[id]) throw new Refusal(`There is no track ${id} in this copy.`);
    return chunk[id];
  }

  /** @param {any} track */
  const briefly = ({ id, title, artist, album, genres, year, duration, bpm, key }) => ({
    ...{ id, title, artist, album, genres, year, duration, bpm, key },
  });

  /** @param {string} network @returns {Promise<{ids: Uint32Array, offsets: Uint32Array}>} */
  async function rowsOf(network) {
    const { columns } = unpack(await get(["column", network, "segments", "track"].join("|")));
    const [ids, offsets] = ["track_ids", "offsets"].map((name) => {
      const { bytes } = columns.find((column) => column.name === name);
      return new Uint32Array(bytes.slice().buffer);
    });
    return { ids, offsets };
  }

  /** Row of a track or of one of its segments. @param {string} network @param {number} id @param {string} segment */
  async function rowOf(network, id, segment) {
    const { ids, offsets } = await rowsOf(network);
    const track = ids.indexOf(id);
    if (track < 0) throw new Refusal(MISSING);
    if (segment === undefined) return track;
    const row = offsets[track] + Number(segment);
    if (row >= offsets[track + 1]) throw new Refusal(`There is no segment ${segment} of track ${id}.`);
    return row;
  }

  /** @param {string} text */
  const fold = (text) =>
    text
      .toLowerCase()
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/ß/g, "ss")
      .replace(/[æœøłđðþı]/g, (letter) => PLAIN[letter]);

  /** @param {string} text @returns {Promise<any[]>} tracks in which all words occur */
  async function search(text) {
    const words = fold(text).split(/\s+/).filter(Boolean);
    const chunks = await Promise.all(index.track_chunks.map((number) => get(`tracks|${number}`)));
    return chunks
      .flatMap((chunk) => Object.values(chunk))
      .filter(({ title, artist, album, path, tags }) => {
        const known = fold(
          [title, artist, album, path, ...Object.values(tags).flat()].filter(Boolean).join("\n"),
        );
        return words.every((word) => known.includes(word));
      });
  }

  /** @param {Record<string, string>} query */
  async function tracks({ ids, q = "", limit = "50", cursor = "0" }) {
    if (ids !== undefined) {
      const found = await Promise.allSettled(ids.split(",").map((id) => trackOf(Number(id))));
      const listed = found.flatMap(({ value }) => (value ? [briefly(value)] : []));
      return { total: listed.length, next: null, tracks: listed };
    }
    const found = await search(q);
    const rest = found.filter(({ id }) => id > Number(cursor));
    const page = rest.slice(0, Number(limit));
    const next = page.length < rest.length ? String(page[page.length - 1].id) : null;
    return { total: found.length, next, tracks: page.map(briefly) };
  }

  // ---- what the networks hear -----------------------------------------------------------------------

  /** Activations of all tags in one row. @param {string} network @param {string} level @param {number} row */
  async function heard(network, level, row) {
    const { tags } = index.networks.networks.find(({ name }) => name === network) ?? { tags: [] };
    const at = index.rows_at_once;
    const chunk = await get(["taggram", network, level, Math.floor(row / at)].join("|"));
    const first = (row % at) * tags.length;
    return tags.map((tag, i) => ({ tag, activation: Math.round((chunk[first + i] / 255) * 1000) / 1000 }));
  }

  /** @param {number} id @param {Record<string, string>} query */
  async function tags(id, { network, segment }) {
    const row = await rowOf(network, id, segment);
    const found = await heard(network, segment === undefined ? "tracks" : "segments", row);
    const { segment_seconds: seconds } = index.networks.networks.find(({ name }) => name === network);
    return {
      network,
      segment: segment === undefined ? null : Number(segment),
      start: segment === undefined ? null : Number(segment) * seconds,
      tags: found.sort((a, b) => b.activation - a.activation),
    };
  }

  /** @param {number} id @param {Record<string, string>} query */
  async function taggram(id, { network }) {
    const { ids, offsets } = await rowsOf(network);
    const track = ids.indexOf(id);
    const { tags: names, segment_seconds } = index.networks.networks.find(({ name }) => name === network);
    const rows = Array.from({ length: offsets[track + 1] - offsets[track] }, (_, i) => offsets[track] + i);
    const found = await Promise.all(rows.map((row) => heard(network, "segments", row)));
    const activations = names.map((_, tag) => found.map((segment) => segment[tag].activation));
    return { network, segment_seconds, tags: names, activations };
  }

  /** @param {Record<string, string>} query */
  async function similar({ network, layer, track, segment, k = "10" }) {
    const level = segment === undefined ? "tracks" : "segments";
    const row = await rowOf(network, Number(track), segment);
    const at = index.rows_at_once;
    const bytes = await get(["similar", network, layer, level, Math.floor(row / at)].join("|"));
    const [width, count] = [index.neighbours, bytes.length / 8];
    const [rows, distances] = [
      new Int32Array(bytes.buffer, 0, count),
      new Float32Array(bytes.buffer, 4 * count),
    ];
    const { ids, offsets } = await rowsOf(network);
    const { segment_seconds: seconds } = index.networks.networks.find(({ name }) => name === network);
    const results = [];
    for (let i = (row % at) * width; i < (row % at) * width + Math.min(width, Number(k)); i += 1) {
      if (rows[i] < 0) continue;
      const place = level === "tracks" ? rows[i] : offsets.findIndex((offset) => offset > rows[i]) - 1;
      const number = level === "tracks" ? null : rows[i] - offsets[place];
      const { id, title, artist, album, audio } = await trackOf(ids[place]);
      const [start, end] = number === null ? [null, null] : [number * seconds, (number + 1) * seconds];
      const distance = Math.round(distances[i] * 1e6) / 1e6;
      const point = { track: { id, title, artist }, album, segment: number, start, end, row: rows[i], audio };
      results.push({ ...point, distance, distances: null, score: null });
    }
    const passed = (level === "tracks" ? ids.length : offsets[ids.length]) - 1;
    return { level, backend: "exact", exact: true, recall: 1, note: null, passed, results };
  }

  // ---- answering --------------------------------------------------------------------------------------

  /** @param {string} path @param {Record<string, string>} query @returns {Promise<any>} JSON or bytes */
  async function answer(path, query) {
    const { network, layer, level, projection } = query;
    const [, id, what] = /^tracks\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
    if (id !== undefined) {
      if (what === undefined) return trackOf(Number(id));
      if (what === "tags") return tags(Number(id), query);
      if (what === "taggram") return taggram(Number(id), query);
      if (what === "waveform") return get(`outline|${id}`);
      throw new Refusal(MISSING);
    }
    if (path === "networks" || path === "status") return index[path];
    if (path === "points") return points(query);
    if (path === "similar") return similar(query);
    if (path === "tracks") return tracks(query);
    if (path === "tracks/ids") return { ids: (await search(query.q ?? "")).map((track) => track.id) };
    if (path === "labels") return labels(query);
    if (path === "quality")
      return get(["quality", network, layer, level, projection ?? "original"].join("|"));
    throw new Refusal(MISSING);
  }

  /** Only the first two components have labels in a copy. @param {Record<string, string>} query */
  function labels({ network, layer, level, projection, x = "0", y = "1" }) {
    const none = { version: "", levels: [] };
    if (x !== "0" || y !== "1") return none;
    return get(["labels", network, layer, level, projection].join("|")).catch(() => none);
  }

  const json = (value, status = 200) =>
    new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json" } });

  globalThis.fetch = async (address, options = {}) => {
    const url = new URL(String(address), "site:/");
    try {
      if (!url.pathname.startsWith("/api/v1/"))
        throw new Refusal("This copy of the page does not hold this sound.");
      if ((options.method ?? "GET") !== "GET") throw new Refusal(MISSING);
      const found = await answer(url.pathname.slice("/api/v1/".length), Object.fromEntries(url.searchParams));
      return found instanceof Uint8Array ? new Response(found) : json(found);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return json({ error: { code: "not_found", message: error.message, details: null } }, 404);
    }
  };
})();
