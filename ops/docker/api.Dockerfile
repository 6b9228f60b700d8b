# api, worker, migrations and the aetherlink command: one image (see docker-compose.yml). Build it from the project's root.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY web/package.json web/
RUN npm ci --no-audit --no-fund
COPY . .
RUN node ops/build.mjs api

FROM node:22-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY web/package.json web/
RUN npm ci --workspace api --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
# Look-ups of receivers run on these threads (see ops/lib/programs.mjs).
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8010 UV_THREADPOOL_SIZE=16
WORKDIR /app
COPY --from=packages /app ./
COPY --from=build /app/api/dist api/dist
COPY api/bin api/bin
RUN ln -s /app/api/bin/aetherlink.mjs /usr/local/bin/aetherlink
COPY prisma/migrations prisma/migrations
COPY ops/ai-providers.yaml ops/
USER node
EXPOSE 8010
CMD ["node", "--enable-source-maps", "api/dist/server.js"]
