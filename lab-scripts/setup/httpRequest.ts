/**
 * Node's own HTTP request, for conversations with engines. Imported by name, node:http has each of its exports looked at, and
 * with WebSocket comes all of fetch: 60 ms of processor time in each process.
 */
export const { request } = process.getBuiltinModule("node:http");
