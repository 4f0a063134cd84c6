// The sections of print(), one function each; the order and the top are in print.cc.
#pragma once

#include <optional>
#include <string>

#include "config/types.h"
#include "config/yaml_writer.h"

namespace config {

/// A rate as it is written: "off", or its map.
std::string rate_text(const std::optional<RateLimit>& rate);

/// Where a secret is; never what it is.
std::string text_of(const ConfiguredSecret& secret);
/// A list of them.
std::string text_of(const std::vector<ConfiguredSecret>& secrets);
void print_storage(const Storage& storage, Writer& out);
/// Nothing where all is as it is without the key.
void print_kubernetes(const Config& config, Writer& out);
/// The map of a Redis server under `key`.
void print_redis(std::string_view key, const RedisAddress& redis, Writer& out);
void print_acme(const Acme& acme, Writer& out);
void print_login(const Login& login, const std::vector<Policy>& policies, Writer& out);
void print_policies(const std::vector<Policy>& policies, Writer& out);
/// What a rule says, on one line.
std::string rule_text(const Rule& rule, const std::vector<Policy>& policies);
void print_routes(const Config& config, Writer& out);

}  // namespace config
