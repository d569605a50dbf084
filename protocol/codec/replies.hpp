// Replies as bytes.
#pragma once

#include <string>
#include <string_view>

#include "protocol/codec/layout.hpp"
#include "protocol/commands.hpp"

namespace shmbus {

// An outcome already encoded: the value of `result` or of `error`. What `once` remembers.
struct EncodedOutcome {
  bool ok = false;
  std::string bytes;
};

[[nodiscard]] EncodedOutcome encode_outcome(const std::variant<OperationResult, Error>& outcome);

[[nodiscard]] Layout layout_of(const Reply& reply);

// Writes the reply to where there is room for the size of its layout. Data of a read that is where the layout has it is
// left there.
void encode_reply(const Reply& reply, char* place);

[[nodiscard]] std::string encode_reply(const Reply& reply);

// The whole reply, marked as repeated, around an outcome that was remembered. `epoch` and `seq` are of now.
[[nodiscard]] std::string encode_repeated_reply(const RequestId& id, const EncodedOutcome& outcome, std::uint64_t epoch,
                                                std::uint64_t seq);

// The most bytes that one segment takes in the result of list.
inline constexpr std::size_t kMostStatBytes = 272;

enum class DataIs : bool { kCopied, kBorrowed };

// Reads the reply to a request of `operation`; unknown fields are passed over. Borrowed, the bytes of a read are placed
// in its result where they are in `frame`, which must then outlive it. Errors: kInternal for what is no reply.
[[nodiscard]] Result<Reply> decode_reply(std::string_view frame, const Operation& operation,
                                         DataIs data_is = DataIs::kCopied);

}  // namespace shmbus
