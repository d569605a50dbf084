#include "protocol/client/bulk.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "protocol/client/transfer.hpp"
#include "protocol/codec/requests.hpp"

namespace shmbus {
namespace {

Error out_of_range(const BulkRange& range, std::uint64_t size) {
  return {ErrorCode::kOutOfRange, (range.length ? std::to_string(*range.length) + " bytes at offset " : "offset ") +
                                      std::to_string(range.offset) +
                                      (range.length ? " do not fit" : " is beyond the end") + "; the segment has " +
                                      std::to_string(size) + " bytes"};
}

class BulkRead final : public Transfer {
 public:
  BulkRead(Client& client, const BulkRange& range, const BulkSink& sink, const BulkProgress& progress)
      : Transfer(client, range, progress), sink_(sink) {}

 private:
  bool reads() const override { return true; }

  Result<void> check(std::uint64_t size) override {
    if (range().offset > size) {
      return out_of_range(range(), size);
    }
    end_ = range().offset + std::min(size - range().offset, range().length.value_or(size));
    length_ = end_ - range().offset;
    return {};
  }

  Result<void> fill(Piece& piece) override {
    piece.length = static_cast<std::size_t>(std::min<std::uint64_t>(kBulkPieceBytes, end_ - piece.offset));
    fill_again(piece);
    return {};
  }

  void fill_again(Piece& piece) override {
    piece.request = zmq::message_t(encode_request({piece.id, {}, {}, operation_of(piece)}));
  }

  Operation operation_of(const Piece& piece) const override {
    ReadRequest request;
    request.attachment = attachment();
    request.offset = piece.offset;
    request.length = piece.length;
    return request;
  }

  Result<void> take(const Piece& piece, const OperationResult& result) override {
    const std::optional<std::string_view>& bytes = std::get<ReadResult>(result).placed;
    if (!bytes || bytes->size() != piece.length) {
      return Error{ErrorCode::kInternal, "the agent's reply does not contain the requested bytes"};
    }
    return sink_(*bytes);
  }

  const BulkSink& sink_;
  std::uint64_t end_ = 0;
};

class BulkWrite final : public Transfer {
 public:
  BulkWrite(Client& client, const BulkRange& range, const BulkSource& source, const BulkProgress& progress)
      : Transfer(client, range, progress), source_(source) {}

 private:
  bool reads() const override { return false; }

  Result<void> check(std::uint64_t size) override {
    if (range().offset > size || range().length.value_or(0) > size - range().offset) {
      return out_of_range(range(), size);
    }
    length_ = range().length;
    end_ = length_ ? range().offset + *length_ : size;
    return {};
  }

  Result<void> fill(Piece& piece) override {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(kBulkPieceBytes, end_ - piece.offset));
    // Without a length, one more byte than fits shows that the source has too much data.
    make_request(piece, most == 0 && !length_ ? 1 : most);
    Result<std::size_t> count = source_(data_of(piece));
    if (!count) {
      return std::move(count).error();
    }
    if (most == 0 && *count > 0) {
      return Error{ErrorCode::kOutOfRange,
                   "there is more data than fits; the segment ends at byte " + std::to_string(end_)};
    }
    if (length_ && *count < most) {
      return Error{ErrorCode::kBadRequest, "the data ended early"};
    }
    piece.length = *count;
    if (*count < data_of(piece).size()) {
      fill_again(piece);
    }
    return {};
  }

  void fill_again(Piece& piece) override {
    Piece again{.id = piece.id, .offset = piece.offset, .length = piece.length};
    make_request(again, piece.length);
    std::memcpy(data_of(again).data(), data_of(piece).data(), piece.length);
    piece = std::move(again);
  }

  Operation operation_of(const Piece& piece) const override {
    WriteRequest request;
    request.attachment = attachment();
    request.offset = piece.offset;
    return request;
  }

  // Makes a request with room for `size` bytes, so that the source fills them in without another copy.
  void make_request(Piece& piece, std::size_t size) {
    Request request{piece.id, {}, {}, operation_of(piece)};
    std::get<WriteRequest>(request.operation).data = {"", size};
    std::string around;
    piece.data_at = encode_request_around_data(request, around);
    piece.data_size = size;
    piece.request.rebuild(around.size() + size);
    const auto tail = around.begin() + static_cast<std::ptrdiff_t>(piece.data_at);
    std::copy(tail, around.end(), std::copy(around.begin(), tail, piece.request.data<char>()) + size);
  }
  static std::span<char> data_of(Piece& piece) { return {piece.request.data<char>() + piece.data_at, piece.data_size}; }

  Result<void> take(const Piece& /*piece*/, const OperationResult& /*result*/) override { return {}; }

  const BulkSource& source_;
  std::uint64_t end_ = 0;
};

}  // namespace

BulkOutcome read_all(Client& client, const BulkRange& range, const BulkSink& sink, const BulkProgress& progress) {
  return BulkRead(client, range, sink, progress).run();
}

BulkOutcome write_all(Client& client, const BulkRange& range, const BulkSource& source, const BulkProgress& progress) {
  return BulkWrite(client, range, source, progress).run();
}

}  // namespace shmbus
