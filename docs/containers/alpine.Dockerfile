# Alpine: npm chooses the binary for musl, if the lock file knows it (docs/deployment.md). Nothing has to be installed.
FROM node:22-alpine
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY . .
# The image's user node.
USER 1000
CMD ["node", "service.js"]
