// The data that shmbus-send moves: where it comes from, where it is in a reply, and where it goes.
#pragma once

#include <optional>
#include <string>

#include "tools/send/options.hpp"
#include "tools/shared/input_file.hpp"
#include "tools/shared/json.hpp"

namespace shmbus {

// The data of a write in pieces: what was read of its file already, and the rest. Without `rest` it is one request.
struct DataFile {
  std::string head;
  std::optional<InputFile> rest;
};

// Opens the file that options.data_file names. What one request can hold, and a text, which is always one request,
// becomes options.values, as if it had been typed. Errors: as InputFile.
[[nodiscard]] Result<DataFile> take_data_file(SendOptions& options);

// Whether the result of a read has its data, which goes elsewhere when it is read in pieces; and the data as it is.
[[nodiscard]] bool has_data(const Json& result);
[[nodiscard]] std::string data_in(const Json& result);

// Puts the hash of what one request moved beside its result, if it is wanted and not there.
void add_hash(const SendOptions& options, const Json& request, Json& reply);

}  // namespace shmbus
