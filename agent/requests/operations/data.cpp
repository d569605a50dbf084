#include <algorithm>
#include <cerrno>

#include "agent/requests/operations/operations.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

constexpr std::size_t kFirstLook = 4096;  // bytes searched for the end of a text; doubled for each further search

// A mapped segment: through an attachment that the caller holds, or attached for this request alone.
struct OpenSegment {
  ShmId shmid = 0;
  Attachment* held = nullptr;
  Attachment own = {};

  [[nodiscard]] Attachment& mapping() { return held != nullptr ? *held : own; }
};

template <class DataRequest>
Result<OpenSegment> open(OperationContext& context, const DataRequest& request, Access access) {
  if (request.attachment) {
    Result<HeldAttachment*> held = context.attachments.use(*request.attachment, context.caller.principal, context.now);
    if (!held) {
      return held.error();
    }
    HeldAttachment& attachment = **held;
    if (access == Access::kReadWrite && attachment.access == Access::kReadOnly) {
      return Error{.code = ErrorCode::kPermissionDenied,
                   .message = "attachment " + std::to_string(attachment.id) + " is read-only",
                   .errno_value = EACCES};
    }
    return OpenSegment{.shmid = attachment.shmid, .held = &attachment.mapping};
  }
  const Result<ShmId> shmid = context.target.id();
  if (!shmid) {
    return shmid.error();
  }
  if (access == Access::kReadWrite) {
    context.feed.look_at(*shmid);
  }
  Result<Attachment> mapping = context.kernel.attach(*shmid, access);
  if (!mapping) {
    return std::move(mapping).error();
  }
  context.feed.touched_by_us(*shmid);
  return OpenSegment{.shmid = *shmid, .own = *std::move(mapping)};
}

Error out_of_range(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return {.code = ErrorCode::kOutOfRange,
          .message = std::to_string(length) + " bytes at offset " + std::to_string(offset) +
                     " do not fit; the segment has " + std::to_string(size) + " bytes"};
}

Error no_room_for(std::size_t length, std::size_t left) {
  return {.code = ErrorCode::kTooLarge,
          .message = std::to_string(length) + " bytes were requested; the batch has room for " + std::to_string(left)};
}

// Returns room for the first `size` bytes of the result's data, and keeps those that it already has.
std::span<char> room_for(const OperationContext& context, std::size_t size, ReadResult& result) {
  if (context.reply == nullptr) {
    result.data.resize(size);
    return result.data;
  }
  const std::span<char> room = context.reply->place(size);
  result.placed.emplace(room.data(), room.size());
  return room;
}

// Reads the text within the `length` bytes at the result's offset. It searches for the end in growing steps, so a short
// text in a large segment costs no more than one in a small segment. A text whose end is not found uses up the room.
Result<void> read_text(OperationContext& context, Attachment& mapping, std::size_t length, ReadResult& result) {
  const std::size_t most = std::min(length, context.data_left);
  if (context.reply != nullptr) {
    static_cast<void>(context.reply->place(most));  // the steps below fill it from the beginning
  }
  std::string_view text;
  std::size_t end = std::string_view::npos;
  for (std::size_t look = kFirstLook; end == std::string_view::npos && text.size() < most; look *= 2) {
    const std::size_t begin = text.size();
    const std::span<char> room = room_for(context, std::min(begin + look, most), result);
    if (Result<void> copied = mapping.read(result.offset + begin, std::as_writable_bytes(room.subspan(begin)));
        !copied) {
      return copied;
    }
    text = {room.data(), room.size()};
    end = text.find('\0', begin);
  }
  text = text.substr(0, end);
  if (result.placed) {
    result.placed = text;
  } else {
    result.data.resize(text.size());
    result.data.shrink_to_fit();  // a batch keeps many results
    text = result.data;
  }
  result.text = true;
  result.length = text.size();
  if (end == std::string::npos && most < length) {
    Error error = no_room_for(length, context.data_left);
    context.data_left = 0;
    return error;
  }
  context.data_left -= text.size();
  if (!is_utf8(text)) {
    return Error{.code = ErrorCode::kNotText,
                 .message = "the " + std::to_string(text.size()) + " bytes at offset " + std::to_string(result.offset) +
                            " are not UTF-8",
                 .hint = "read them without text"};
  }
  return {};
}

Result<void> read_bytes(OperationContext& context, Attachment& mapping, std::size_t length, ReadResult& result) {
  if (length > context.data_left) {
    return no_room_for(length, context.data_left);
  }
  context.data_left -= length;
  result.length = length;
  return mapping.read(result.offset, std::as_writable_bytes(room_for(context, length, result)));
}

}  // namespace

Result<ReadResult> execute(OperationContext& context, const ReadRequest& request) {
  if (request.length.value_or(0) > limits::kMaxDataBytes) {
    return Error{.code = ErrorCode::kTooLarge,
                 .message = "length: " + std::to_string(*request.length) +
                            " bytes were requested; one read returns at most " + std::to_string(limits::kMaxDataBytes),
                 .hint = "read in pieces"};
  }
  Result<OpenSegment> opening = open(context, request, Access::kReadOnly);
  if (!opening) {
    return std::move(opening).error();
  }
  const std::uint64_t size = opening->mapping().size();
  if (request.offset > size) {
    return out_of_range(request.offset, request.length.value_or(0), size);
  }
  const std::uint64_t length = std::min(size - request.offset, request.length.value_or(limits::kMaxDataBytes));
  ReadResult result;
  result.offset = request.offset;
  result.shm_segsz = size;
  result.eof = request.offset + length == size;
  Result<void> taken = request.text ? read_text(context, opening->mapping(), length, result)
                                    : read_bytes(context, opening->mapping(), length, result);
  if (!taken) {
    return std::move(taken).error();
  }
  return result;
}

Result<WriteResult> execute(OperationContext& context, const WriteRequest& request) {
  Result<OpenSegment> opening = open(context, request, Access::kReadWrite);
  if (!opening) {
    return std::move(opening).error();
  }
  const std::uint64_t size = opening->mapping().size();
  const std::uint64_t length = request.data.size() + (request.text ? 1 : 0);
  if (request.offset > size || length > size - request.offset) {
    return out_of_range(request.offset, length, size);
  }
  const std::string with_nul = request.text ? std::string(request.data) + '\0' : std::string();
  const std::string_view data = request.text ? with_nul : request.data;
  const Result<void> copied = opening->mapping().write(request.offset, std::as_bytes(std::span(data)));
  opening->own.detach();
  if (!copied) {
    return copied.error();
  }
  if (length > 0) {
    context.feed.report_written(opening->shmid, request.offset, length, actor_of(context.caller));
  }
  return WriteResult{.offset = request.offset, .length = length};
}

}  // namespace shmbus::agent
