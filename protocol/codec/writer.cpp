#include "protocol/codec/writer.hpp"

#include "protocol/codec/results.hpp"

namespace shmbus::codec {
namespace {

std::uint32_t size_of(const auto& sized) { return static_cast<std::uint32_t>(sized.size()); }

}  // namespace

template <class Bytes>
void Writer<Bytes>::field(std::string_view name, const RequestId& id) {
  if (const auto* const number = std::get_if<std::int64_t>(&id)) {
    field(name, *number);
  } else if (const auto* const natural = std::get_if<std::uint64_t>(&id)) {
    field(name, *natural);
  } else if (const auto* const text = std::get_if<std::string>(&id)) {
    field(name, *text);
  }
}

template <class Bytes>
void Writer<Bytes>::chosen_mode(std::string_view name, Mode mode) {
  const std::uint32_t digits = mode_digits(mode);
  if (mode_from_number(digits)) {
    field(name, digits);
  } else {  // as an integer it would be taken for a bit mask
    field(name, std::to_string(digits));
  }
}

template <class Bytes>
void Writer<Bytes>::chosen_mode(std::string_view name, const std::optional<Mode>& mode) {
  if (mode) {
    chosen_mode(name, *mode);
  }
}

template <class Bytes>
void Writer<Bytes>::new_key(std::string_view name, Key key) {
  if (key == kPrivateKey) {
    field(name, std::string_view("private"));
  } else {
    field(name, key);
  }
}

template <class Bytes>
void Writer<Bytes>::unless_empty(std::string_view name, std::string_view text) {
  if (!text.empty()) {
    field(name, text);
  }
}

template <class Bytes>
void Writer<Bytes>::data(std::string_view name, std::string_view bytes, bool text) {
  value(name);
  if (text) {
    packer().pack_str(size_of(bytes));
  } else {
    packer().pack_bin(size_of(bytes));
  }
  bytes_.write_data(bytes);
}

template <class Bytes>
void Writer<Bytes>::encoded(std::string_view name, const std::vector<std::string>& values) {
  value(name);
  packer().pack_array(size_of(values));
  for (const std::string& each : values) {
    bytes_.write(each);
  }
}

template <class Bytes>
void Writer<Bytes>::raw(std::string_view name, std::string_view encoded_value) {
  value(name);
  bytes_.write(encoded_value);
}

template <class Bytes>
void Writer<Bytes>::requests(std::string_view name, const std::vector<BatchItem>& items) {
  value(name);
  packer().pack_array(size_of(items));
  for (const BatchItem& item : items) {
    if (const auto* const request = std::get_if<Request>(&item.request)) {
      value(*request);
    } else {
      bytes_.write(item.malformed);
    }
  }
}

template <class Bytes>
void Writer<Bytes>::replies(std::string_view name, const std::vector<Reply>& replies) {
  value(name);
  packer().pack_array(size_of(replies));
  for (const Reply& reply : replies) {
    value(reply);
  }
}

template <class Bytes>
void Writer<Bytes>::outcome(const std::variant<OperationResult, Error>& outcome) {
  if (const auto* const error = std::get_if<Error>(&outcome)) {
    field("error", *error);
  } else {
    std::visit([this](const auto& result) { this->field("result", result); }, std::get<OperationResult>(outcome));
  }
}

template class Writer<ByteCount>;
template class Writer<ByteStore>;

}  // namespace shmbus::codec
