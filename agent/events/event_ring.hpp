// The last events as they are on the wire, in memory that is taken once: keeping one more drops the oldest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "protocol/segment.hpp"

namespace shmbus::agent {

// Events are found by their seq, which must follow each other without holes. One thread.
class EventRing {
 public:
  struct Entry {
    Key key;
    ShmId shmid;
    std::size_t offset;  // of its bytes in the ring
    std::size_t size;
  };

  // Keeps at most `most_bytes` of events, but always the last one.
  explicit EventRing(std::size_t most_bytes);

  // Takes what memory keeping one more event of `size` bytes needs. Throws std::bad_alloc, and nothing is changed.
  void reserve(std::size_t size);

  // Makes room by dropping the oldest, of which `dropped(seq, key)` is told; then keeps the event. Returns where its
  // `size` bytes belong, valid until the next call. Requires: reserve(size) since the last one.
  template <class Dropped>
  char* keep(std::uint64_t seq, Key key, ShmId shmid, std::size_t size, Dropped dropped) {
    while (!find_room(size)) {
      dropped(first_, at(first_).key);
      ++first_;
    }
    return put(seq, key, shmid, size);
  }

  [[nodiscard]] bool empty() const { return first_ == end_; }
  [[nodiscard]] std::uint64_t first() const { return first_; }  // seq of the oldest. Requires: not empty
  // Requires: kept.
  [[nodiscard]] const Entry& at(std::uint64_t seq) const { return entries_[seq % entries_.size()]; }
  [[nodiscard]] std::string_view bytes(const Entry& entry) const { return {&bytes_[entry.offset], entry.size}; }

 private:
  [[nodiscard]] bool find_room(std::size_t size);
  char* put(std::uint64_t seq, Key key, ShmId shmid, std::size_t size);

  std::size_t capacity_;
  std::unique_ptr<char[]> bytes_;  // NOLINT(modernize-avoid-c-arrays): not touched before it is used, unlike a vector's
  std::size_t next_ = 0;           // where the next event's bytes go
  std::vector<Entry> entries_;     // by seq modulo their number
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;  // the seq after the last
};

}  // namespace shmbus::agent
