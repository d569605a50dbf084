// Every operation's request: there and back, cut short, and mutated.
#include <gtest/gtest.h>

#include <random>

#include "protocol/codec/events.hpp"
#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "protocol/operations.hpp"
#include "tests/protocol/bytes.hpp"

namespace shmbus {
namespace {

using namespace bytes;  // NOLINT(google-build-using-namespace)

const std::vector<std::string>& valid_requests() {
  static const std::vector<std::string> every_frame{
      request("create",
              {{"shm_key", str("private")}, {"shm_segsz", num(1)}, {"mode", str("0022")}, {"exclusive", flag(true)}}),
      request("attach", {{"shm_key", num(1)}, {"shm_shmid", num(0)}, {"read_only", flag(true)}, {"lease_ms", num(5)}}),
      request("detach", {{"attachment", num(5)}, {"once", str("0123456789abcdef")}}),
      request("stat", {{"shm_key", neg(-1)}, {"id", str("x")}, {"epoch", num(5)}}),
      request("set", {{"shm_shmid", num(1)},
                      {"uid", num(1)},
                      {"gid", num(2)},
                      {"mode", str("007")},
                      {"if_ctime", num(3)},
                      {"if_cpid", num(4)}}),
      request("remove", {{"shm_key", num(1)}, {"if_ctime", num(3)}, {"if_cpid", num(4)}, {"id", neg(-1)}}),
      request("read", {{"attachment", num(1)}, {"offset", num(1)}, {"length", num(2)}, {"text", flag(true)}}),
      request("write", {{"shm_key", num(1)}, {"data", str("text")}, {"offset", num(1)}, {"text", flag(true)}}),
      request("list", {{"shm_key", num(0)}, {"uid", num(0)}, {"after", str("3")}, {"limit", num(5)}}),
      request("events",
              {{"since", num(0)}, {"shm_key", num(1)}, {"shm_shmid", num(1)}, {"limit", num(5)}, {"epoch", num(1)}}),
      request("info"),
      request("ping"),
      request("batch", {{"requests", array({request("ping", {{"id", num(1)}}),
                                            request("write", {{"shm_key", num(1)}, {"data", bin("x")}})})},
                        {"stop_on_error", flag(false)}}),
  };
  return every_frame;
}

TEST(EveryRequest, SurvivesARoundTrip) {
  ASSERT_EQ(valid_requests().size(), operations().size());
  for (const std::string& frame : valid_requests()) {
    const DecodedRequest first = decode_request(frame);
    ASSERT_EQ(first.request.index(), 0U) << std::get<Error>(first.request).message;
    const std::string bytes = encode_request(std::get<Request>(first.request));
    const DecodedRequest second = decode_request(bytes);
    ASSERT_EQ(second.request.index(), 0U) << std::get<Error>(second.request).message;
    EXPECT_EQ(encode_request(std::get<Request>(second.request)), bytes);
    EXPECT_EQ(second.id, first.id);
    EXPECT_EQ(std::get<Request>(second.request).once, std::get<Request>(first.request).once);
    EXPECT_EQ(std::get<Request>(second.request).epoch, std::get<Request>(first.request).epoch);
  }
}

TEST(EveryRequest, IsRefusedWhenCutShort) {
  for (const std::string& frame : valid_requests()) {
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_EQ(decode_request(std::string_view(frame).substr(0, size)).request.index(), 1U);
    }
  }
}

TEST(EveryRequest, MayBeMutatedWithoutACrash) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same bytes each time
  for (const std::string& frame : valid_requests()) {
    for (int round = 0; round < 3000; ++round) {
      std::string mutated = frame;
      for (int change = 0; change < 1 + round % 4; ++change) {
        mutated[random() % mutated.size()] = static_cast<char>(random());
      }
      const DecodedRequest decoded = decode_request(mutated);
      if (const auto* const request = std::get_if<Request>(&decoded.request)) {
        EXPECT_FALSE(encode_request(*request).empty());
      }
      EXPECT_NO_THROW((void)decode_reply(mutated, PingRequest{}));
      EXPECT_NO_THROW((void)decode_event(mutated));
    }
  }
}

}  // namespace
}  // namespace shmbus
