#include "protocol/client/bulk.hpp"

#include <sys/shm.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
#include <system_error>

#include "tests/bench/contest/rows.hpp"

namespace shmbus::bench {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20U;
constexpr std::size_t kMostOfRedis = 256;  // MiB in one value

// A segment of its own for these rows, gone with the scope, attached here.
class Segment {
 public:
  explicit Segment(std::size_t bytes) : shmid_(shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600)) {
    void* const mapped = shmid_ < 0 ? reinterpret_cast<void*>(-1) : shmat(shmid_, nullptr, 0);
    if (mapped == reinterpret_cast<void*>(-1)) {
      throw std::system_error(errno, std::generic_category(), "a segment of " + std::to_string(bytes) + " bytes");
    }
    place_ = static_cast<char*>(mapped);
  }
  ~Segment() {
    shmdt(place_);
    shmctl(shmid_, IPC_RMID, nullptr);
  }
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  [[nodiscard]] int shmid() const { return shmid_; }
  [[nodiscard]] char* place() const { return place_; }

 private:
  int shmid_;
  char* place_ = nullptr;
};

// Moves pieces of a segment through serve_pieces.
class BareMover {
 public:
  BareMover(zmq::context_t& context, const std::string& endpoint) : socket_(context, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 30'000);
    socket_.connect(endpoint);
  }

  void read(int shmid, char* memory, std::size_t bytes) {
    move(
        bytes,
        [&](std::size_t offset) {
          ask({shmid, offset, kBulkPieceBytes}, {});
        },
        [&](std::size_t offset, const zmq::message_t& answer) {
          std::memcpy(memory + offset, answer.data(), answer.size());
        });
  }

  void write(int shmid, const char* memory, std::size_t bytes) {
    move(
        bytes,
        [&](std::size_t offset) {
          ask({shmid, offset, 0}, {memory + offset, kBulkPieceBytes});
        },
        [](std::size_t, const zmq::message_t&) {});
  }

 private:
  template <class Send, class Take>
  void move(std::size_t bytes, const Send& send, const Take& take) {
    std::size_t sent = 0;
    for (std::size_t taken = 0; taken < bytes; taken += kBulkPieceBytes) {
      for (; sent < bytes && sent < taken + kBulkInFlight * kBulkPieceBytes; sent += kBulkPieceBytes) {
        send(sent);
      }
      zmq::message_t frame;
      do {
        if (!socket_.recv(frame)) {
          throw std::runtime_error("no piece came");
        }
      } while (frame.more());
      take(taken, frame);
    }
  }

  void ask(const PieceRequest& request, std::string_view data) {
    zmq::message_t message(sizeof request + data.size());
    std::memcpy(message.data(), &request, sizeof request);
    if (!data.empty()) {
      std::memcpy(static_cast<char*>(message.data()) + sizeof request, data.data(), data.size());
    }
    socket_.send(zmq::message_t(), zmq::send_flags::sndmore);
    socket_.send(message, zmq::send_flags::none);
  }

  zmq::socket_t socket_;
};

void check(const BulkOutcome& outcome, std::size_t bytes) {
  if (outcome.error || outcome.bytes != bytes) {
    throw std::runtime_error(outcome.error ? outcome.error->message : "a transfer ended early");
  }
}

void read_through(Client& client, const BulkRange& range, char* memory, std::size_t bytes) {
  std::size_t taken = 0;
  check(read_all(client, range,
                 [&](std::string_view piece) {
                   std::memcpy(memory + taken, piece.data(), piece.size());
                   taken += piece.size();
                   return Result<void>();
                 }),
        bytes);
}

void write_through(Client& client, BulkRange range, const char* memory, std::size_t bytes) {
  range.length = bytes;
  std::size_t given = 0;
  check(write_all(client, range,
                  [&](std::span<char> room) {
                    const std::size_t now = std::min(room.size(), bytes - given);
                    std::memcpy(room.data(), memory + given, now);
                    given += now;
                    return Result<std::size_t>(now);
                  }),
        bytes);
}

std::function<Seconds(int)> running(std::function<void()> function) {
  return [function = std::move(function)](int) { return timed(function); };
}

BulkRange whole(int shmid) {
  BulkRange range;
  range.segment.shm_shmid = shmid;
  return range;
}

BulkRange whole(const Attached& attached) {
  BulkRange range;
  range.attachment = attached.id();
  return range;
}

double gigabytes(std::size_t bytes) { return static_cast<double>(bytes) / 1e9; }

}  // namespace

void measure_bulk(Field& field, Results& results, const Effort& effort, int megabytes) {
  const std::size_t bytes = static_cast<std::size_t>(megabytes) * kMebibyte;
  const Segment segment(bytes);
  std::string memory(bytes, 'm');
  std::memset(segment.place(), 's', bytes);
  BareMover bare(field.context, field.pieces.endpoint());
  Effort few = effort;
  few.repetitions = effort.transfers;
  few.turns = 1;
  const std::string what = std::to_string(megabytes) + " MiB";
  const RowName read{"read " + what, "GB/s", "size", static_cast<double>(bytes)};
  const RowName write{"write " + what + ", pages there", "GB/s"};
  const RowName kept_read{"read " + what + ", attachment kept", "GB/s"};
  const RowName kept_write{"write " + what + ", attachment kept", "GB/s"};
  const int shmid = segment.shmid();
  std::vector<Runner> readers{
      {read, Side::kDirect, running([&] { std::memcpy(memory.data(), segment.place(), bytes); })},
      {read, Side::kEcho, running([&] { bare.read(shmid, memory.data(), bytes); })}};
  std::vector<Runner> writers{
      {write, Side::kDirect, running([&] { std::memcpy(segment.place(), memory.data(), bytes); })},
      {write, Side::kEcho, running([&] { bare.write(shmid, memory.data(), bytes); })}};
  std::deque<Attached> attached;
  for (Build& build : field.builds) {
    const BulkRange kept = whole(attached.emplace_back(build, SegmentRef{.shm_key = {}, .shm_shmid = shmid}));
    const auto reading = [&](const BulkRange& range) {
      return running([&, range] { read_through(build.client(), range, memory.data(), bytes); });
    };
    const auto writing = [&](const BulkRange& range) {
      return running([&, range] { write_through(build.client(), range, memory.data(), bytes); });
    };
    readers.push_back({read, build.side(), reading(whole(shmid))});
    readers.push_back({kept_read, build.side(), reading(kept)});
    writers.push_back({write, build.side(), writing(whole(shmid))});
    writers.push_back({kept_write, build.side(), writing(kept)});
  }
  take_rates(results, few, readers, 1, gigabytes(bytes));
  take_rates(results, few, writers, 1, gigabytes(bytes));

  if (field.redis) {
    StreamClient redis(field.redis_path);
    const std::size_t value = std::min(bytes, kMostOfRedis * kMebibyte);
    const std::string note = value < bytes ? " (Redis: " + std::to_string(kMostOfRedis) + " MiB)" : "";
    const std::string set = redis_command({"SET", "bulk", std::string_view(memory).substr(0, value)});
    const std::string get = redis_command({"GET", "bulk"});
    take_rates(results, few,
               {{write, Side::kRedis, running([&] { redis.ask(set); })},
                {read, Side::kRedis, running([&] { redis.ask(get); })}},
               1, gigabytes(value));
    redis.ask(redis_command({"DEL", "bulk"}));
  }
}

void measure_fresh_write(Field& field, Results& results, const Effort& effort) {
  const std::size_t bytes = static_cast<std::size_t>(effort.moved_megabytes) * kMebibyte;
  const std::string memory(bytes, 'm');
  BareMover bare(field.context, field.pieces.endpoint());
  Effort few = effort;
  few.repetitions = effort.transfers;
  few.turns = 1;
  const RowName row{"write " + std::to_string(bytes / kMebibyte) + " MiB, new segment", "GB/s"};
  const auto into_fresh = [&](const std::function<void(const Segment&)>& fill) {
    return [bytes, fill](int) {
      const Segment segment(bytes);
      return timed([&] { fill(segment); });
    };
  };
  std::vector<Runner> runners{
      {row, Side::kDirect, into_fresh([&](const Segment& fresh) { std::memset(fresh.place(), 'm', bytes); })},
      {row, Side::kEcho, into_fresh([&](const Segment& fresh) { bare.write(fresh.shmid(), memory.data(), bytes); })}};
  for (Build& build : field.builds) {
    runners.push_back({row, build.side(), into_fresh([&](const Segment& fresh) {
                         write_through(build.client(), whole(fresh.shmid()), memory.data(), bytes);
                       })});
  }
  take_rates(results, few, runners, 1, gigabytes(bytes));
}

}  // namespace shmbus::bench
