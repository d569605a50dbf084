#include "tools/send/transfer.hpp"

#include <unistd.h>

#include <algorithm>

#include "protocol/client/bulk.hpp"
#include "tools/send/content_hash.hpp"
#include "tools/send/progress.hpp"
#include "tools/shared/output_file.hpp"

namespace shmbus {
namespace {

// A write without data has the fields of a read, so both are checked by decoding them as a read.
Result<BulkRange> range_of(Json request) {
  if (request.contains("once")) {
    return Error{ErrorCode::kBadRequest, "once: a write in pieces consists of several requests",
                 "omit it: each piece can safely be written again"};
  }
  request["op"] = "read";
  std::string frame;
  const Result<Request> decoded = request_from_json(request, frame);
  if (!decoded) {
    return decoded.error();
  }
  const Request& whole = *decoded;
  const auto& read = std::get<ReadRequest>(whole.operation);
  return BulkRange{.segment = read.segment,
                   .attachment = read.attachment,
                   .epoch = whole.epoch,
                   .offset = read.offset,
                   .length = read.length};
}

Json reply_of(const Json& request, const BulkOutcome& outcome, Json result) {
  Json reply{{"ok", !outcome.error}};
  if (request.contains("id")) {
    reply["id"] = request["id"];
  }
  if (outcome.error) {
    reply["error"] = json_of(*outcome.error)["error"];
    reply["bytes"] = outcome.bytes;
  } else {
    reply["result"] = std::move(result);
  }
  return reply;
}

bool shows_progress(const SendOptions& options) { return !options.json && isatty(STDERR_FILENO) == 1; }

}  // namespace

Result<Json> read_in_pieces(Client& client, const SendOptions& options, const Json& request) {
  const Result<BulkRange> range = range_of(request);
  if (!range) {
    return range.error();
  }
  Result<OutputFile> file = OutputFile::open(*options.out_file);
  if (!file) {
    return file.error();
  }
  ContentHash hash;
  ProgressLine line(shows_progress(options));
  BulkOutcome outcome = read_all(
      client, *range,
      [&](std::string_view bytes) {
        if (options.hash) {
          hash.add(bytes);
        }
        return file->write(bytes);
      },
      [&](std::uint64_t bytes, std::optional<std::uint64_t> of) { line.show(bytes, of); });
  if (!outcome.error) {
    if (Result<void> kept = file->commit(); !kept) {
      outcome.error = std::move(kept).error();
    }
  }
  Json reply = reply_of(request, outcome,
                        {{"offset", range->offset},
                         {"length", outcome.bytes},
                         {"shm_segsz", outcome.shm_segsz},
                         {"eof", range->offset + outcome.bytes == outcome.shm_segsz}});
  if (options.hash && !outcome.error) {
    reply["xxh3_128"] = hash.hex();
  }
  return reply;
}

Result<Json> write_in_pieces(Client& client, const SendOptions& options, const Json& request, std::string head,
                             InputFile& file) {
  Result<BulkRange> range = range_of(request);
  if (!range) {
    return range.error();
  }
  if (const std::optional<std::uint64_t> left = file.bytes_left()) {
    range->length = head.size() + *left;
  }
  ContentHash hash;
  ProgressLine line(shows_progress(options));
  std::size_t taken = 0;  // bytes of the head passed on
  const BulkOutcome outcome = write_all(
      client, *range,
      [&](std::span<char> room) -> Result<std::size_t> {
        const std::size_t from_head = std::min(room.size(), head.size() - taken);
        std::copy_n(head.data() + taken, from_head, room.data());
        taken += from_head;
        Result<std::size_t> count = file.read(room.subspan(from_head), client.options().interrupt_fd);
        if (!count) {
          return count;
        }
        if (options.hash) {
          hash.add({room.data(), from_head + *count});
        }
        return from_head + *count;
      },
      [&](std::uint64_t bytes, std::optional<std::uint64_t> of) { line.show(bytes, of); });
  Json reply = reply_of(request, outcome, {{"op", "done"}, {"offset", range->offset}, {"length", outcome.bytes}});
  if (outcome.error) {
    reply["uncertain"] = outcome.uncertain;
  } else if (options.hash) {
    reply["xxh3_128"] = hash.hex();
  }
  return reply;
}

}  // namespace shmbus
