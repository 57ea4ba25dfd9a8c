/**
 * @typedef {object} Video A video, as the server tells of it.
 * @property {string} id
 * @property {string} title
 * @property {string} address
 * @property {"waiting" | "working" | "ready" | "failed" | "cancelled"} state
 * @property {string} stage
 * @property {number} done
 * @property {number} total 0 when it is not known.
 * @property {string} reason
 * @property {"highlights" | "full" | "teaser" | "outline"} mode
 * @property {"karaoke" | "lines" | "off"} captions
 * @property {string} format
 * @property {string} language
 * @property {string} created_at
 * @property {number | null} duration Seconds; like what follows, null until it is ready.
 * @property {number | null} width
 * @property {number | null} height
 * @property {number | null} size Bytes.
 * @property {Record<string, string> | null} files Addresses.
 * @property {{title: string, start: number}[]} chapters
 * @property {{kind: string, address: string, credit: string, licence: string}[]} sources
 */

/**
 * @typedef {object} Progress How the making of a video stands.
 * @property {string} state
 * @property {string} stage
 * @property {number} done
 * @property {number} total
 */

export const PAGE = "/video/videos";
export const API = "/api/v1/video/videos";

/** @param {Video} video */
export const isUnfinished = (video) => video.state === "waiting" || video.state === "working";

/**
 * Where its post came from, in short: `blog.example`, or the name of an uploaded file.
 *
 * @param {Video} video
 */
export function originOf({ address }) {
  const { host, pathname } = new URL(address);
  return host || pathname;
}

/** @param {Video} video */
export const nameOf = (video) => video.title || video.address;
