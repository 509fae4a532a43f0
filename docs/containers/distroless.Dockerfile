# Distroless has neither npm nor a shell: the packages are installed in another stage, with the same libc (not Alpine).
FROM node:22-bookworm-slim AS packages
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY . .

FROM gcr.io/distroless/nodejs22-debian12:nonroot
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app .
CMD ["service.js"]
