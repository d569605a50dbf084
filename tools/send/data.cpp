#include "tools/send/data.hpp"

#include <utility>

#include "protocol/limits.hpp"
#include "tools/send/content_hash.hpp"

namespace shmbus {

Result<DataFile> take_data_file(SendOptions& options) {
  DataFile data;
  if (!options.data_file) {
    return data;
  }
  Result<InputFile> file = InputFile::open(*options.data_file);
  if (!file) {
    return file.error();
  }
  data.head.resize(limits::kMaxDataBytes + 1);
  const Result<std::size_t> count = file->read(data.head, -1);
  if (!count) {
    return count.error();
  }
  data.head.resize(*count);
  options.data_file.reset();
  if (*count <= limits::kMaxDataBytes || options.flags.contains("text")) {
    options.values["data"] = std::move(data.head);
  } else {
    data.rest.emplace(*std::move(file));
  }
  return data;
}

bool has_data(const Json& result) { return result.contains("data") || result.contains("data_base64"); }

std::string data_in(const Json& result) {
  if (const auto data = result.find("data"); data != result.end() && data->is_string()) {
    return data->get<std::string>();
  }
  const Result<std::string> bytes = from_base64(result.value("data_base64", ""));
  return bytes ? *bytes : "";
}

void add_hash(const SendOptions& options, const Json& request, Json& reply) {
  if (!options.hash || !reply.value("ok", false) || reply.contains("xxh3_128")) {
    return;
  }
  ContentHash hash;
  const auto written = request.find("data");
  if (written == request.end()) {
    hash.add(data_in(reply["result"]));
  } else if (written->is_binary()) {
    hash.add({reinterpret_cast<const char*>(written->get_binary().data()), written->get_binary().size()});
  } else {
    hash.add(written->get_ref<const std::string&>());
  }
  reply["xxh3_128"] = hash.hex();
}

}  // namespace shmbus
