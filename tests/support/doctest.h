// doctest, included after every header of the project: both have a CHECK, and in a test it is doctest's.
#pragma once

#include "core/base/check.h"
#undef CHECK
#include <doctest/doctest.h>
