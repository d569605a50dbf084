#include "protocol/codec/writer.hpp"

#include "protocol/codec/results.hpp"

namespace shmbus::codec {
namespace {

std::uint32_t size_of(const auto& sized) { return static_cast<std::uint32_t>(sized.size()); }

}  // namespace

void Writer::field(std::string_view name, const RequestId& id) {
  if (const auto* const number = std::get_if<std::int64_t>(&id)) {
    field(name, *number);
  } else if (const auto* const natural = std::get_if<std::uint64_t>(&id)) {
    field(name, *natural);
  } else if (const auto* const text = std::get_if<std::string>(&id)) {
    field(name, *text);
  } else if (const auto* const bin = std::get_if<BinText>(&id)) {
    value(name);
    packer_.pack_bin(size_of(bin->text));
    bytes_.bytes.append(bin->text);
  }
}

void Writer::chosen_mode(std::string_view name, Mode mode) {
  const std::uint32_t digits = mode_digits(mode);
  if (mode_from_number(digits)) {
    field(name, digits);
  } else {  // as an integer it looks like a bit mask, which is rejected
    field(name, std::to_string(digits));
  }
}

void Writer::chosen_mode(std::string_view name, const std::optional<Mode>& mode) {
  if (mode) {
    chosen_mode(name, *mode);
  }
}

void Writer::new_key(std::string_view name, Key key) {
  if (key == kPrivateKey) {
    field(name, std::string_view("private"));
  } else {
    field(name, key);
  }
}

void Writer::unless_empty(std::string_view name, std::string_view text) {
  if (!text.empty()) {
    field(name, text);
  }
}

void Writer::data(std::string_view name, std::string_view bytes, bool text) {
  value(name);
  if (text) {
    packer_.pack_str(size_of(bytes));
  } else {
    packer_.pack_bin(size_of(bytes));
  }
  if (data_in_ == DataIn::kTheMessage) {
    bytes_.bytes.append(bytes);
  } else {
    data_at_ = bytes_.bytes.size();
  }
}

void Writer::encoded(std::string_view name, const std::vector<std::string>& values) {
  value(name);
  packer_.pack_array(size_of(values));
  for (const std::string& each : values) {
    bytes_.bytes.append(each);
  }
}

void Writer::raw(std::string_view name, std::string_view encoded_value) {
  value(name);
  bytes_.bytes.append(encoded_value);
}

void Writer::requests(std::string_view name, const std::vector<BatchItem>& items) {
  value(name);
  packer_.pack_array(size_of(items));
  for (const BatchItem& item : items) {
    if (const auto* const request = std::get_if<Request>(&item.request)) {
      value(*request);
    } else {
      bytes_.bytes.append(item.malformed);
    }
  }
}

void Writer::replies(std::string_view name, const std::vector<Reply>& replies) {
  value(name);
  packer_.pack_array(size_of(replies));
  for (const Reply& reply : replies) {
    value(reply);
  }
}

void Writer::outcome(const std::variant<OperationResult, Error>& outcome) {
  if (const auto* const error = std::get_if<Error>(&outcome)) {
    field("error", *error);
  } else {
    std::visit([this](const auto& result) { this->field("result", result); }, std::get<OperationResult>(outcome));
  }
}

}  // namespace shmbus::codec
