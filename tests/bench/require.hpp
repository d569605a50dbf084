// Unwraps results without which a measurement cannot go on.
#pragma once

#include <stdexcept>
#include <utility>

#include "protocol/client/client.hpp"

namespace shmbus::bench {

// The value. Throws std::runtime_error with the error's message.
template <class Value>
Value require(Result<Value> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  return std::move(result).value();
}

// The result of an operation. Throws likewise.
template <class R>
typename R::Result require(Client& client, const R& operation) {
  return require(client.call(operation));
}

}  // namespace shmbus::bench
