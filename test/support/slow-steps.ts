/** Scripts that make a step last until somebody ends it: as a server that hangs, a network that stalls. For ToolReplacement.replace. */

/** pg_dump writes the beginning of its dump, and then nothing more. */
export const STALLING_DUMP = `[[ $* == *--format=custom* ]] || exec "$REAL" "$@"
"$REAL" "$@" | { head --bytes=300; exec sleep 1000; }`;

/** curl downloads a little, and then nothing more. */
export const STALLING_DOWNLOAD = '"$REAL" "$@" | { head --bytes=100; exec sleep 1000; }';

/** What `leftovers` says while one of them stalls. */
export const STALLED = /\bsleep 1000$/;
