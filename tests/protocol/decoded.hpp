// Decodes requests for tests and returns the operation or the error.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "protocol/codec/requests.hpp"
#include "tests/protocol/bytes.hpp"

namespace shmbus {

using namespace bytes;  // NOLINT(google-build-using-namespace,google-global-names-in-headers)

inline const Fields kKey{{"shm_key", num(5679)}};

inline Fields with(Fields fields, const std::string& name, const std::string& value) {
  fields.emplace_back(name, value);
  return fields;
}

template <class T>
T accepted(const std::string& frame) {
  const DecodedRequest decoded = decode_request(frame);
  if (const auto* const error = std::get_if<Error>(&decoded.request)) {
    ADD_FAILURE() << error->message;
    return T{};
  }
  return std::get<T>(std::get<Request>(decoded.request).operation);
}

inline Error refused(const std::string& frame) {
  const DecodedRequest decoded = decode_request(frame);
  if (decoded.request.index() == 0) {
    ADD_FAILURE() << "accepted";
    return {};
  }
  return std::get<Error>(decoded.request);
}

inline void expect_bad(const std::string& frame, std::string_view part_of_message) {
  const Error error = refused(frame);
  EXPECT_EQ(error.code, ErrorCode::kBadRequest) << error.message;
  EXPECT_NE(error.message.find(part_of_message), std::string::npos) << error.message;
}

}  // namespace shmbus
