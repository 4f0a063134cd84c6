// The sections of print(), one function each; the order and the top are in print.cc.
#pragma once

#include "config/types.h"
#include "config/yaml_writer.h"

namespace config {

void print_login(const Login& login, Writer& out);
void print_policies(const std::vector<Policy>& policies, Writer& out);
void print_routes(const Config& config, Writer& out);

}  // namespace config
