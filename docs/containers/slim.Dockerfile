# Debian: the image that most services take. Nothing has to be installed for the addon.
FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY . .
# The image's user node.
USER 1000
CMD ["node", "service.js"]
