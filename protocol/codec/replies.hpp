// Replies as bytes.
#pragma once

#include <string>
#include <string_view>

#include "protocol/commands.hpp"

namespace shmbus {

// An outcome already encoded: the value of `result` or of `error`. What `once` remembers.
struct EncodedOutcome {
  bool ok = false;
  std::string bytes;
};

[[nodiscard]] EncodedOutcome encode_outcome(const std::variant<OperationResult, Error>& outcome);

[[nodiscard]] std::string encode_reply(const Reply& reply);
void append_reply(const Reply& reply, std::string& bytes);

// Appends the reply without the data of a read, of which only the size is looked at. Returns where in `bytes` the data
// belong.
std::size_t encode_reply_around_data(const Reply& reply, std::string& bytes);

// The whole reply around an encoded outcome. `repeated` says that the outcome was remembered; `epoch` and `seq` are of
// now.
[[nodiscard]] std::string encode_reply_around(const EncodedOutcome& outcome, const RequestId& id, bool repeated,
                                              std::uint64_t epoch, std::uint64_t seq);

// The most bytes that one segment takes in the result of list.
inline constexpr std::size_t kMostStatBytes = 272;

enum class DataIs : bool { kCopied, kBorrowed };

// Reads the reply to a request of `operation`; unknown fields are passed over. Borrowed, the bytes of a read are placed
// in its result where they are in `frame`, which must then outlive it. Errors: kInternal for what is no reply.
[[nodiscard]] Result<Reply> decode_reply(std::string_view frame, const Operation& operation,
                                         DataIs data_is = DataIs::kCopied);

}  // namespace shmbus
