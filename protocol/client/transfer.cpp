#include "protocol/client/transfer.hpp"

#include <algorithm>
#include <utility>

#include "protocol/codec/replies.hpp"

namespace shmbus {
namespace {

using std::chrono::milliseconds;

constexpr int kTries = 3;
constexpr milliseconds kBusyPause{20};
constexpr milliseconds kMostFarewell{2000};  // for the last replies and the detach, also after an interrupt

}  // namespace

BulkOutcome Transfer::run() {
  if (Result<void> begun = begin(); !begun) {
    outcome_.error = std::move(begun).error();
    return std::move(outcome_);
  }
  Result<void> moved = move();
  const bool failed = !moved.ok();
  if (failed) {
    outcome_.error = std::move(moved).error();
  }
  say_farewell();
  if (failed) {
    tell_how_far();
  }
  return std::move(outcome_);
}

Result<void> Transfer::begin() {
  if (range_.attachment) {
    attachment_ = *range_.attachment;
    ReadRequest nothing;
    nothing.attachment = attachment_;
    nothing.length = 0;
    const Result<ReadResult> read = client_.call(nothing);
    if (!read) {
      return read.error();
    }
    outcome_.shm_segsz = read->shm_segsz;
  } else {
    const Request whole{{}, range_.epoch, {}, AttachRequest{.segment = range_.segment, .read_only = reads()}};
    const Result<Reply> reply = only_ok(client_.call(whole));
    if (!reply) {
      return reply.error();
    }
    attached_ = std::get<AttachResult>(std::get<OperationResult>(reply->outcome));
    attachment_ = attached_->attachment;
    outcome_.shm_segsz = attached_->shm_segsz;
  }
  Result<void> fits = check(outcome_.shm_segsz);
  if (!fits) {
    say_farewell();
  }
  return fits;
}

// Attaches by id, and only if size and key are the same: the kernel may give a used id to another segment.
Result<void> Transfer::attach_again() {
  const Result<AttachResult> again =
      client_.call(AttachRequest{.segment = {.shm_key = {}, .shm_shmid = attached_->shm_shmid}, .read_only = reads()});
  if (!again) {
    return again.error();
  }
  attachment_ = again->attachment;
  if (again->shm_segsz != attached_->shm_segsz || again->shm_key != attached_->shm_key) {
    return Error{ErrorCode::kNotFound,
                 "shmid " + std::to_string(attached_->shm_shmid) + " is no longer the same segment as at the start"};
  }
  for (Piece& piece : pieces_) {
    fill_again(piece);
  }
  return post_all_again();
}

Result<void> Transfer::move() {
  for (;;) {
    if (Result<void> posted = post_more(); !posted) {
      return posted;
    }
    if (pieces_.empty()) {
      return {};
    }
    if (Result<void> moved = move_next(); !moved) {
      return moved;
    }
  }
}

Result<void> Transfer::move_next() {
  if (Result<void> answered = wait_for_first(); !answered) {
    return answered;
  }
  Result<void> finished = finish_first();
  if (finished) {
    attaches_in_a_row_ = 0;
    busy_since_.reset();
    return finished;
  }
  const ErrorCode code = finished.error().code;
  if (code == ErrorCode::kBusy && !busy_since_) {
    busy_since_ = Clock::now();
  }
  if (code == ErrorCode::kBusy && Clock::now() - *busy_since_ < client_.options().timeout) {
    if (Result<bool> paused = wait_until(Clock::now() + kBusyPause); !paused) {
      return std::move(paused).error();
    }
    post(pieces_.front());
    return {};
  }
  if (code == ErrorCode::kNotFound && attached_ && attaches_in_a_row_ < kTries) {
    ++attaches_in_a_row_;
    return attach_again();
  }
  return finished;
}

Result<void> Transfer::post_more() {
  while (!at_end_ && pieces_.size() < kBulkInFlight) {
    Piece piece;
    piece.id = client_.next_id();
    piece.offset = range_.offset + filled_;
    if (Result<void> filled = fill(piece); !filled) {
      return filled;
    }
    if (piece.length == 0) {
      at_end_ = true;
      return {};
    }
    filled_ += piece.length;
    pieces_.push_back(std::move(piece));
    post(pieces_.back());
  }
  return {};
}

void Transfer::post(Piece& piece) {
  piece.answer.reset();
  zmq::message_t request;
  request.copy(piece.request);  // shares the bytes
  client_.post(std::move(request));
}

Result<void> Transfer::post_all_again() {
  Result<void> renewed = client_.renew();
  for (Piece& piece : pieces_) {
    post(piece);
  }
  return renewed;
}

// Waits until the first piece has its reply, and sends pieces again that get none in time.
Result<void> Transfer::wait_for_first() {
  for (int tries = 1; !pieces_.front().answer; ++tries) {
    const milliseconds timeout = client_.options().timeout;
    const Result<bool> answered = wait_until(Clock::now() + timeout / kTries);
    if (!answered) {
      return answered.error();
    }
    if (*answered) {
      tries = 0;
    } else if (tries == kTries) {
      return client_.no_answer();
    } else if (Result<void> posted = post_all_again(); !posted) {
      return posted;
    }
  }
  return {};
}

// Takes the next reply to any of the pieces. Returns false at the deadline.
Result<bool> Transfer::wait_until(Clock::time_point deadline) {
  for (;;) {
    Result<std::optional<zmq::message_t>> answer = client_.next_answer(deadline);
    if (!answer) {
      return std::move(answer).error();
    }
    if (!*answer) {
      return false;
    }
    const Result<Reply> envelope = decode_reply((*answer)->to_string_view(), PingRequest{});
    const auto piece = std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& each) {
      const auto* const id = envelope ? std::get_if<std::uint64_t>(&envelope->id) : nullptr;
      return id != nullptr && *id == each.id;
    });
    if (piece != pieces_.end()) {
      piece->answer = *std::move(*answer);
      return true;
    }
  }
}

Result<void> Transfer::finish_first() {
  const Piece& piece = pieces_.front();
  const Result<Reply> reply =
      only_ok(decode_reply(piece.answer->to_string_view(), operation_of(piece), DataIs::kBorrowed));
  if (!reply) {
    return reply.error();
  }
  if (Result<void> taken = take(piece, std::get<OperationResult>(reply->outcome)); !taken) {
    return taken;
  }
  outcome_.bytes += piece.length;
  pieces_.pop_front();
  if (progress_) {
    progress_(outcome_.bytes, length_);
  }
  return {};
}

// Waits for the replies to a write, so that the outcome says how much was written, and detaches: pieces that are still
// on their way then find no attachment.
void Transfer::say_farewell() {
  const ClientOptions before = client_.options();
  client_.options().interrupt_fd = -1;
  client_.options().timeout = std::min(before.timeout, kMostFarewell);
  if (!outcome_.error || outcome_.error->code != ErrorCode::kNoAnswer) {
    const Clock::time_point deadline = Clock::now() + client_.options().timeout;
    bool going = !reads();
    while (going && !pieces_.empty()) {
      going = pieces_.front().answer || wait_until(deadline).ok();
      going = going && (!pieces_.front().answer || finish_first().ok()) && Clock::now() < deadline;
    }
    if (attached_) {
      static_cast<void>(client_.call(DetachRequest{.attachment = attachment_, .segment = {}}));
    }
  }
  if (!pieces_.empty()) {
    static_cast<void>(client_.renew());
  }
  client_.options() = before;
}

void Transfer::tell_how_far() {
  for (const Piece& piece : pieces_) {
    outcome_.uncertain += reads() ? 0 : piece.length;
  }
  std::string how_far = std::to_string(outcome_.bytes) + (length_ ? " of " + std::to_string(*length_) : "") +
                        " bytes were " + (reads() ? "read" : "written");
  if (outcome_.uncertain > 0) {
    how_far += ", the next " + std::to_string(outcome_.uncertain) + " may be";
  }
  outcome_.error->message += "; " + how_far;
}

}  // namespace shmbus
