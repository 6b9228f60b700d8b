# The web server. Build the image with ops/images.mjs, or with the project's root as the build context.
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
# The cache of the build is half of its output, and is not needed in the image.
RUN node ops/build.mjs web && rm -rf web/.next/cache

FROM ${NODE_IMAGE} AS packages
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY web/package.json web/
RUN npm ci --workspace web --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="AetherLink console" \
      org.opencontainers.image.description="Operator console of AetherLink" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1
WORKDIR /app
COPY --from=packages /app ./
COPY LICENSE ./
COPY web/next.config.ts web/tsconfig.json web/
COPY --from=build /app/web/dist web/dist
COPY --from=build /app/web/.next web/.next
# The only folder to which the server writes. If the root file system is read-only, mount a tmpfs here.
RUN mkdir -p web/.next/cache && chown -R 1000:1000 web/.next/cache
USER 1000:1000
WORKDIR /app/web
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/health.json').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/server.js", "--host", "0.0.0.0", "--port", "3000"]
