// The codec of replies: to bytes for the agent, from bytes for clients. No state; safe from any thread. Encoding may
// throw std::bad_alloc.
#pragma once

#include <string>
#include <string_view>

#include "protocol/commands.hpp"

namespace shmbus {

// An outcome that is encoded already: `bytes` are the value of the field `result` if `ok`, else of `error`. The agent
// keeps it for a request with `once`, and answers a repetition with it.
struct EncodedOutcome {
  bool ok = false;
  std::string bytes;
};

// Encodes an outcome into `encoded`, whose memory is used again.
void encode_outcome(const std::variant<OperationResult, Error>& outcome, EncodedOutcome& encoded);

// Returns the encoded reply, or appends it to `bytes`.
[[nodiscard]] std::string encode_reply(const Reply& reply);
void append_reply(const Reply& reply, std::string& bytes);

// Appends the reply without the data of a read, of which only the size is read. Returns the position in `bytes` where
// the data belong, or its end for other replies.
std::size_t encode_reply_around_data(const Reply& reply, std::string& bytes);

// Appends a whole reply around an encoded outcome. `repeated` marks an outcome that was remembered; `epoch` and `seq`
// are the current ones even then.
void append_reply_around(const EncodedOutcome& outcome, const RequestId& id, bool repeated, std::uint64_t epoch,
                         std::uint64_t seq, std::string& bytes);

// The most bytes that one segment takes in the result of list, with every number at its longest.
inline constexpr std::size_t kMostStatBytes = 272;

// The place of the bytes of a read after decode_reply(): copied into ReadResult::data, or left in the frame, with
// ReadResult::placed as a view of them. Text is always copied.
enum class DataIs : bool { kCopied, kBorrowed };

// Decodes the reply to a request of `operation`, which determines the form of the result. Unknown fields are ignored.
// With DataIs::kBorrowed the frame must outlive the result. A reply with an error of the agent is a success here;
// errors: kInternal if the frame is no reply to such a request, kNoMemory.
[[nodiscard]] Result<Reply> decode_reply(std::string_view frame, const Operation& operation,
                                         DataIs data_is = DataIs::kCopied);

}  // namespace shmbus
