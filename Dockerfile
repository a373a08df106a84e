FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /aisle ./cmd/aisle && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /aisle /aisle
COPY --from=build --chown=65532:65532 /data /data
COPY testdata /testdata
USER 65532
ENTRYPOINT ["/aisle"]
CMD ["serve"]
