import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { run, which } from '../processes/processes.mjs'
import { StepError } from '../steps.mjs'

/** Libraries that Node.js and native packages load. */
const LIBRARIES = /^(ld-linux.*|lib(c|m|dl|pthread|rt|resolv|gcc_s|stdc\+\+|nss_files|nss_dns)\.so.*)$/
const LIBRARY_DIRECTORIES = [
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib/aarch64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
]
const NODE_MAJOR = '22'
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/**
 * Makes a base image from files of this machine, for Docker engines that cannot reach a registry. It contains only the
 * C library of this Debian, busybox, certificates, npm, and Node 22 from the npm package that contains its official
 * binary.
 * @param {string} name such as node:22-bookworm-slim, the name that the Dockerfiles use
 */
export async function importBaseImage(name) {
  const busybox = which('busybox')
  const npm = which('npm')
  if (!busybox || !npm)
    throw new StepError(`${busybox ? 'npm' : 'busybox'} is not installed.`, 'apt-get install busybox-static npm')
  const root = mkdtempSync(join(tmpdir(), 'aetherlink-base-'))
  try {
    for (const directory of [
      'bin',
      'etc/ssl/certs',
      'lib64',
      'tmp',
      'root',
      'home/node',
      'usr/local/bin',
      'usr/local/lib/node_modules',
      'usr/bin',
      'proc',
      'sys',
      'dev',
    ])
      mkdirSync(join(root, directory), { recursive: true })
    chmodSync(join(root, 'tmp'), 0o1777)
    copyLibraries(root)
    copyFileSync(busybox, join(root, 'bin/busybox'))
    for (const applet of (await run(busybox, ['--list'])).trim().split('\n'))
      if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
    symlinkSync('/bin/env', join(root, 'usr/bin/env'))
    await addNode(root, npm)
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n')
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnode:x:1000:\n')
    writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n')
    if (existsSync(CERTIFICATES)) copyFileSync(CERTIFICATES, join(root, CERTIFICATES))
    await dockerImport(root, name)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** @param {string} root */
function copyLibraries(root) {
  for (const directory of LIBRARY_DIRECTORIES) {
    if (!existsSync(directory)) continue
    for (const file of readdirSync(directory)) {
      if (!LIBRARIES.test(file)) continue
      mkdirSync(join(root, directory), { recursive: true })
      copyFileSync(realpathSync(join(directory, file)), join(root, directory, file))
    }
  }
  // The path at which the binaries expect the dynamic linker.
  for (const linker of ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'])
    if (existsSync(linker)) copyFileSync(realpathSync(linker), join(root, linker))
}

/**
 * @param {string} root
 * @param {string} npm
 */
async function addNode(root, npm) {
  const work = mkdtempSync(join(tmpdir(), 'aetherlink-node-'))
  try {
    const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
    const spec = `node-linux-${architecture}@${NODE_MAJOR}`
    const packed = (await run(npm, ['pack', '--silent', spec], { cwd: work })).trim().split('\n').at(-1) ?? ''
    await run('tar', ['-xzf', packed, 'package/bin/node'], { cwd: work })
    copyFileSync(join(work, 'package/bin/node'), join(root, 'usr/local/bin/node'))
    chmodSync(join(root, 'usr/local/bin/node'), 0o755)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  // npm is a script inside its own package: .../npm/bin/npm-cli.js.
  const npmPackage = dirname(dirname(realpathSync(npm)))
  if (basename(npmPackage) !== 'npm')
    throw new StepError(`${npm} belongs to no npm package.`, 'Install npm as Node.js ships it.')
  cpSync(npmPackage, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true, dereference: true })
  for (const program of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${program}-cli.js`, join(root, 'usr/local/bin', program))
}

/**
 * @param {string} root
 * @param {string} name
 */
async function dockerImport(root, name) {
  // Node.js has its own list of certificates. Those of this machine may include more, such as a proxy's.
  const changes = ['ENV PATH=/usr/local/bin:/usr/bin:/bin', `ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`, 'CMD ["node"]']
  await importTree(root, name, changes)
}

/**
 * Makes an image of a directory tree, owned by root.
 * @param {string} root
 * @param {string} name
 * @param {string[]} changes instructions of a Dockerfile, such as `CMD ["node"]`
 */
export async function importTree(root, name, changes) {
  const tar = spawn('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', root, '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const options = changes.flatMap((change) => ['--change', change])
  const docker = spawn('docker', ['import', ...options, '-', name], { stdio: [tar.stdout, 'inherit', 'inherit'] })
  const [code] = await once(docker, 'exit')
  if (code !== 0)
    throw new StepError(`docker import of ${name} failed.`, 'Is the engine running? DOCKER_HOST is its address.')
}
