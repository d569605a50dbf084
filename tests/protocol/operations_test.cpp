#include "protocol/operations.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/codec/requests.hpp"
#include "tests/protocol/bytes.hpp"

namespace shmbus {
namespace {

std::string default_bytes(const FieldSpec& field) {
  switch (field.type) {
    case FieldType::kFlag:
      return bytes::flag(field.default_value == "true");
    case FieldType::kMode:
      return bytes::str(field.default_value);
    default:
      return bytes::num(std::stoull(std::string(field.default_value)));
  }
}

// What `spec` needs at the least: its required fields and something to work on.
bytes::Fields minimum(const OperationSpec& spec) {
  bytes::Fields fields;
  for (const FieldSpec& field : spec.own_fields()) {
    if (field.type == FieldType::kBytes) {
      fields.emplace_back(field.name, bytes::bin("x"));
    } else if (field.type == FieldType::kRequests) {
      fields.emplace_back(field.name, bytes::array({}));
    } else if (field.required || field.type == FieldType::kKey || (spec.name == "set" && field.name == "uid")) {
      fields.emplace_back(field.name, bytes::num(1));
    }
  }
  return fields;
}

std::string canonical(const OperationSpec& spec, const bytes::Fields& fields) {
  const std::string frame = bytes::request(spec.name, fields);
  const DecodedRequest decoded = decode_request(frame);
  if (const auto* const error = std::get_if<Error>(&decoded.request)) {
    ADD_FAILURE() << spec.name << ": " << error->message;
    return {};
  }
  return encode_operation(std::get<Request>(decoded.request).operation);
}

TEST(TheTable, HasTheDefaultsOfTheStructs) {
  for (const OperationSpec& spec : operations()) {
    bytes::Fields spelled = minimum(spec);
    for (const FieldSpec& field : spec.own_fields()) {
      if (!field.default_value.empty()) {
        spelled.emplace_back(field.name, default_bytes(field));
      }
    }
    EXPECT_EQ(canonical(spec, minimum(spec)), canonical(spec, spelled)) << spec.name;
  }
}

TEST(TheTable, HasNoFieldThatTheDecoderPassesOver) {
  for (const OperationSpec& spec : operations()) {
    for (const FieldSpec& field : spec.own_fields()) {
      const std::string frame = bytes::request(spec.name, {{std::string(field.name), "\xd4\x01x"}});
      const DecodedRequest decoded = decode_request(frame);
      ASSERT_EQ(decoded.request.index(), 1U) << spec.name << ' ' << field.name;
      EXPECT_EQ(std::get<Error>(decoded.request).code, ErrorCode::kBadRequest);
    }
  }
}

TEST(TheTable, IsInTheOrderOfTheVariant) {
  EXPECT_EQ(spec_of(CreateRequest{}).name, "create");
  EXPECT_EQ(spec_of(WriteRequest{}).name, "write");
  EXPECT_EQ(spec_of(BatchRequest{}).name, "batch");
  for (const OperationSpec& spec : operations()) {
    EXPECT_EQ(operation_named(spec.name), &spec);
    EXPECT_FALSE(spec.help.empty());
  }
  EXPECT_EQ(operation_named("nonsense"), nullptr);
}

TEST(AnOperation, HasItsOwnFieldsAndTheCommonOnes) {
  const OperationSpec& stat = *operation_named("stat");
  EXPECT_NE(stat.field("shm_key"), nullptr);
  EXPECT_NE(stat.field("id"), nullptr);
  EXPECT_EQ(stat.field("data"), nullptr);
}

TEST(AField, DescribesItsType) {
  EXPECT_EQ(describe_type(*operation_named("attach")->field("lease_ms")), "integer 1 to 86400000");
  EXPECT_EQ(describe_type(*operation_named("read")->field("offset")), "integer 0 or more");
  for (const OperationSpec& spec : operations()) {
    for (const FieldSpec& field : spec.own_fields()) {
      EXPECT_FALSE(describe_type(field).empty());
    }
  }
}

}  // namespace
}  // namespace shmbus
