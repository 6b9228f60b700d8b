# One image for the API, the worker, the migrations and the aetherlink command. Each is started with its own command (see
# docker-compose.yml). Build the image with ops/images.mjs, or with the project's root as the build context.
ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS build
# Set this to use another npm registry than the public one.
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY web/package.json web/
RUN npm ci --no-audit --no-fund
COPY . .
RUN node ops/build.mjs api

FROM ${NODE_IMAGE} AS packages
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY web/package.json web/
# npm installs Prisma's command line and its studio because they are optional peers of Prisma's client. No program here loads them.
RUN npm ci --workspace api --omit=dev --no-audit --no-fund && cd node_modules && rm -rf \
  prisma typescript @typescript effect elkjs react react-dom scheduler @visx @radix-ui @electric-sql @types mysql2 remeda valibot \
  @prisma/studio-core @prisma/dev @prisma/query-plan-executor @prisma/config @prisma/engines @prisma/fetch-engine @prisma/get-platform

FROM ${NODE_IMAGE}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="AetherLink API" \
      org.opencontainers.image.description="API, worker, migrations and command line of AetherLink" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# DNS look-ups of receivers run on these threads (see ops/lib/processes/programs.mjs).
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8010 UV_THREADPOOL_SIZE=16
# Less memory: by default, V8 uses up to 32 MB for new objects, and glibc keeps freed memory for each of these threads
# (docs/performance.md, Memory).
ENV NODE_OPTIONS=--max-semi-space-size=4 MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=packages /app ./
COPY --from=build /app/api/dist api/dist
COPY api/bin api/bin
COPY prisma/migrations prisma/migrations
COPY ops/ai-providers.yaml ops/
COPY LICENSE ./
# A new volume mounted at data/archive gets the owner of this folder.
RUN ln -s /app/api/bin/aetherlink.mjs /usr/local/bin/aetherlink && mkdir -p data/archive && chown -R 1000:1000 data
# A number, because Kubernetes cannot tell from a user name that the user is not root.
USER 1000:1000
EXPOSE 8010
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WORKER_PORT || process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "api/dist/server.js"]
