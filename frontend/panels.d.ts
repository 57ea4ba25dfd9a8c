/** Names that panels, which are plain JavaScript, use in their type comments. */

import type * as host from "./src/host";

declare global {
  type Host = host.Host;
  type Problem = host.Problem;
}
