import { hostname } from 'node:os'

/** Names this process: no other running process of the installation has the same host name and process id. */
export const PROCESS_NAME = `${hostname()}:${process.pid}`
