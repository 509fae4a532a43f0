# AWS Lambda's image, for x86_64 and arm64 alike: Amazon Linux 2023 (glibc 2.34).
FROM public.ecr.aws/lambda/nodejs:22
ENV NODE_ENV=production
WORKDIR /var/task
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY . .
CMD ["handler.handler"]
