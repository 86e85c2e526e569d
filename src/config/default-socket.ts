/** Where the daemon listens, and its clients look for it, unless told otherwise. */

export const DEFAULT_SOCKET = "/run/container-management/container-management.sock";
