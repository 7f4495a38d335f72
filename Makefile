PREFIX ?= /usr/local

.PHONY: example test install demo-isp bench lint format

example: ## Install what is missing and compile the mail server's policy
	@scripts/example

test: ## Install what is missing and run every test
	@scripts/test

install: ## Build for release and install $(PREFIX)/bin/fwpolicy
	scripts/install-dependencies
	swift build -c release --product fwpolicy -Xswiftc -static-stdlib -Xlinker -s
	install -D -m 0755 "$$(swift build -c release --show-bin-path)/fwpolicy" "$(DESTDIR)$(PREFIX)/bin/fwpolicy"

demo-isp: ## Show port 25 on an ISP's edge, from inventory to report, in network namespaces
	scripts/install-dependencies --tests
	swift build --product fwpolicy
	Examples/isp-edge/demo/run

bench: ## Measure against the peers
	Benchmarks/run
	Benchmarks/port25

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Plugins

format:
	swift format format --in-place --recursive Package.swift Sources Tests Plugins
