# syntax=docker/dockerfile:1
# One image for both processes: `docker run … fixpoint server`, `docker run … fixpoint worker`, or `start` for both in one.
#
# The worker builds a sandbox of its own inside the container, which Docker's defaults forbid. Give the worker (only the worker):
#   --security-opt seccomp=docker/seccomp.json --security-opt systempaths=unconfined
# and on hosts with AppArmor also --security-opt apparmor=unconfined. docs/docker.md says why, and what each flag opens.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY demo demo
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
# git: repository caches. bubblewrap, util-linux: the sandbox. redis-server: the private Redis of `start`, unused when one is configured.
RUN apt-get update \
 && apt-get install -y --no-install-recommends git bubblewrap util-linux redis-server ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o node -g node /var/lib/fixpoint /var/cache/fixpoint
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules node_modules
COPY --from=build --chown=root:root /app/dist dist
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    FIXPOINT_DATA_DIR=/var/lib/fixpoint \
    FIXPOINT_CACHE_DIR=/var/cache/fixpoint
VOLUME ["/var/lib/fixpoint", "/var/cache/fixpoint"]
USER node
EXPOSE 3000
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["start"]
