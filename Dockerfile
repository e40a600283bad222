# The `bulkhead` command alone: static, without a shell, not as root. `make image` puts the binary
# and the certificates, for policies from registries, where this finds them.
#
#   docker run --rm -i ghcr.io/bulkhead-policies/bulkhead-cli:v0.1.0 replay - < manifest.yaml
FROM scratch
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY bulkhead /bulkhead
USER 65532:65532
ENTRYPOINT ["/bulkhead"]
