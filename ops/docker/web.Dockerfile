# The web. Build it from the project's root.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY web/package.json web/
RUN npm ci --no-audit --no-fund
COPY . .
RUN node ops/build.mjs web

FROM node:22-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY web/package.json web/
RUN npm ci --workspace web --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1
WORKDIR /app
COPY --from=packages /app ./
COPY web/next.config.ts web/tsconfig.json web/
COPY --from=build /app/web/dist web/dist
COPY --from=build --chown=node:node /app/web/.next web/.next
USER node
WORKDIR /app/web
EXPOSE 3000
CMD ["node", "--enable-source-maps", "dist/server.js", "--host", "0.0.0.0", "--port", "3000"]
