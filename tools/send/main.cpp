// shmbus-send: sends one request to the agent and prints the reply on stdout. The exit status says how it went.
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "protocol/client/client.hpp"
#include "protocol/client/history.hpp"
#include "protocol/limits.hpp"
#include "protocol/message_memory.hpp"
#include "tools/send/data.hpp"
#include "tools/send/keygen.hpp"
#include "tools/send/options.hpp"
#include "tools/send/request.hpp"
#include "tools/send/transfer.hpp"
#include "tools/shared/output_file.hpp"
#include "tools/shared/report.hpp"
#include "tools/shared/text.hpp"

namespace shmbus {
namespace {

constexpr const char* kProgram = "shmbus-send";

// A raw request may lack an id, so the first reply that arrives is taken for its own. It is sent again after a timeout
// only if that cannot act twice.
Result<Json> send_raw(Client& client, const Json& request) {
  const Result<std::string> frame = msgpack_from_json(request);
  if (!frame) {
    return frame.error();
  }
  const Json op = request.is_object() ? request.value("op", Json()) : Json();
  const OperationSpec* const operation = op.is_string() ? operation_named(op.get<std::string>()) : nullptr;
  const bool changes = operation != nullptr && operation->changes;
  const Result<std::string> reply = client.exchange(*frame, {}, !changes || request.contains("once"));
  return reply ? json_from_msgpack(*reply) : reply.error();
}

Result<Json> send_typed(Client& client, const Json& request, std::optional<Clock::time_point> deadline = {}) {
  std::string frame;
  Result<Request> typed = request_from_json(request, frame);
  if (!typed) {
    return typed.error();
  }
  const Result<Reply> reply =
      client.call(*std::move(typed), deadline.value_or(Clock::now() + client.options().timeout));
  if (!reply) {
    return reply.error();
  }
  Result<Json> shown = json_from_msgpack(client.last_reply());
  if (shown && !request.contains("id")) {
    shown->erase("id");  // chosen by the client library
  }
  return shown;
}

// Fetches all pages within one timeout. Returns the reply of the first page with the segments of the others appended.
Result<Json> send_list(Client& client, Json request) {
  const Clock::time_point deadline = Clock::now() + client.options().timeout;
  Result<Json> all = send_typed(client, request, deadline);
  if (!all || !all->value("ok", false)) {
    return all;
  }
  Json& segments = (*all)["result"]["segments"];
  Json& more = (*all)["result"]["more"];
  for (Json last = -1; more == true; last = request["after"]) {
    const bool is_new = !segments.empty() && segments.back()["shm_shmid"] > last;
    if (Result<void> checked = check_page(client, is_new, deadline); !checked) {
      return std::move(checked).error();
    }
    request["after"] = segments.back()["shm_shmid"];
    Result<Json> page = send_typed(client, request, deadline);
    if (!page || !page->value("ok", false)) {
      return page;
    }
    Json& result = (*page)["result"];
    segments.insert(segments.end(), result["segments"].begin(), result["segments"].end());
    more = result["more"];
  }
  return all;
}

// One request is enough for most reads. If its reply does not hold everything, the read starts over in pieces.
Result<Json> send_read(Client& client, const SendOptions& options, const Json& request) {
  Json first = request;
  const Json wanted = request.value("length", Json());
  if (wanted.is_number_unsigned() && wanted > limits::kMaxDataBytes) {
    first["length"] = limits::kMaxDataBytes;
  }
  Result<Json> reply = send_typed(client, first);
  const bool ok = reply && reply->value("ok", false);
  const bool is_all =
      ok && ((*reply)["result"].value("eof", true) || (wanted == first.value("length", Json()) && wanted.is_number()));
  return !ok || is_all ? reply : read_in_pieces(client, options, request);
}

Result<Json> send(Client& client, const SendOptions& options, const Json& request) {
  if (options.command == kRawCommand) {
    return send_raw(client, request);
  }
  // With --json and no file the data is part of the reply that is printed, so it must fit one request.
  const bool takes_all =
      options.out_file && !options.flags.contains("text") && (!options.json || *options.out_file != "-");
  if (options.command == "read" && takes_all) {
    return send_read(client, options, request);
  }
  return options.command == "list" && !request.contains("limit") ? send_list(client, request)
                                                                 : send_typed(client, request);
}

Error error_in(const Json& reply) {
  const Json error = reply.value("error", Json::object());
  return {error_code_named(error.value("code", "")).value_or(ErrorCode::kInternal), error.value("message", ""),
          error.value("hint", ""), error.value("errno", 0)};
}

// Returns whether another page follows the entries in `array`.
bool has_more(const Json& result, const char* array) {
  const auto items = result.find(array);
  return items != result.end() && items->is_array() && !items->empty() && result.value("more", false);
}

// Goes to stderr: a result that is incomplete or repeated is worth a note, but stdout is for data.
void tell_what_is_left(const SendOptions& options, const Json& reply) {
  const Json& result = reply["result"];
  std::string note;
  if (reply.value("repeated", false)) {
    note = "repeated: the request was carried out before; this was its outcome";
  } else if (has_more(result, "segments")) {
    note = "more follow: continue with --after " + to_line(result["segments"].back()["shm_shmid"]);
  } else if (has_more(result, "events")) {
    note = "more follow: continue with --since " + to_line(result["events"].back()["seq"]);
  } else if (options.command == "read" && !result.value("eof", true) && !options.values.contains("length")) {
    note = "more follow: continue with --offset " + to_line(result.value("offset", 0U) + result.value("length", 0U));
  }
  if (!note.empty()) {
    std::cerr << kProgram << ": " << note << "\n";
  }
}

Result<void> print(const SendOptions& options, const Json& reply) {
  const bool reads = options.command == "read";
  const bool to_file = reads && options.out_file && *options.out_file != "-";
  const bool is_moved = reads && !has_data(reply["result"]);  // to the file, in pieces
  if (to_file && !is_moved) {
    if (Result<void> written = write_file(*options.out_file, data_in(reply["result"])); !written) {
      return written;
    }
  }
  if (options.json) {
    return write_stdout(to_line(reply) + "\n");
  }
  tell_what_is_left(options, reply);
  if (reply.contains("xxh3_128")) {
    std::cerr << "xxh3-128 " << reply["xxh3_128"].get<std::string>() << "\n";
  }
  if (to_file || is_moved) {
    return {};
  }
  if (reads) {
    const bool ends_line = options.flags.contains("text") && isatty(STDOUT_FILENO) == 1;
    return write_stdout(data_in(reply["result"]) + (ends_line ? "\n" : ""));
  }
  return write_stdout(text_of_reply(reply));
}

// Returns the first reply in a batch that is a failure, or null.
const Json* first_failure(const Json& reply) {
  const auto result = reply.find("result");
  if (result == reply.end() || !result->contains("replies")) {
    return nullptr;
  }
  const Json& replies = (*result)["replies"];
  const auto failed = std::find_if(replies.begin(), replies.end(), [](const Json& r) { return !r.value("ok", false); });
  return failed == replies.end() ? nullptr : &*failed;
}

// A failed reply goes to stderr, with --json as the whole document. A batch in which a request failed counts as failed
// with the error of the first failure, and its replies are printed too.
int finish(const SendOptions& options, const Json& reply) {
  const OutputForm form = options.json ? OutputForm::kJson : OutputForm::kText;
  const bool ok = reply.value("ok", false);
  const Json* const failure = ok ? first_failure(reply) : &reply;
  if (failure == nullptr) {
    const Result<void> printed = print(options, reply);
    return printed ? 0 : report(kProgram, printed.error(), form);
  }
  if (form == OutputForm::kJson) {
    Json document = reply;
    document["ok"] = false;
    document["error"] = (*failure)["error"];
    std::cerr << to_line(document) << std::endl;
    return exit_status_of(error_in(*failure).code);
  }
  if (ok) {
    std::cerr << text_of_reply(reply);
  }
  return report(kProgram, error_in(*failure), form);
}

Result<Json> run(SendOptions& options) {
  keep_message_memory();
  Result<DataFile> data = take_data_file(options);
  if (!data) {
    return data.error();
  }
  const Result<Json> request = build_request(options);
  if (!request) {
    return request.error();
  }
  const Result<Endpoint> endpoint = find_endpoint(Channel::kCommands, options.commands);
  if (!endpoint) {
    return endpoint.error();
  }
  if (options.verbose && !options.json) {
    std::cerr << kProgram << ": commands at " << describe(*endpoint) << "\n";
  }
  const InterruptSignal interrupt;  // not before: Ctrl-C while stdin is read ends the process as usual
  Result<Client> client =
      Client::open({*endpoint, options.timeout, interrupt.fd(), options.access.curve, options.access.agent_user});
  if (!client) {
    return client.error();
  }
  if (data->rest) {
    return write_in_pieces(*client, options, *request, std::move(data->head), *data->rest);
  }
  Result<Json> reply = send(*client, options, *request);
  if (reply) {
    add_hash(options, *request, *reply);
  }
  return reply;
}

Result<void> make_keys(const SendOptions& options) {
  const Result<KeyFiles> files = make_key_files(options.input, options.directory);
  if (!files) {
    return files.error();
  }
  if (options.json) {
    return write_stdout(to_line(Json{{"secret_file", files->secret_path},
                                     {"public_file", files->public_path},
                                     {"public_key", files->public_key}}) +
                        "\n");
  }
  return write_stdout("secret keys in " + files->secret_path + "\npublic key  in " + files->public_path + ": " +
                      files->public_key + "\n");
}

int main_of_send(int argc, const char* const* argv) {
  OutputForm form = OutputForm::kText;
  try {
    std::variant<SendOptions, int> parsed = parse_send_options(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) {
      return *status;
    }
    auto& options = std::get<SendOptions>(parsed);
    form = options.json ? OutputForm::kJson : OutputForm::kText;
    if (options.command == kKeygenCommand) {
      const Result<void> made = make_keys(options);
      return made ? 0 : report(kProgram, made.error(), form);
    }
    const Result<Json> reply = run(options);
    return reply ? finish(options, *reply) : report(kProgram, reply.error(), form);
  } catch (const std::exception& error) {
    return report(kProgram, {ErrorCode::kInternal, error.what()}, form);
  }
}

}  // namespace
}  // namespace shmbus

int main(int argc, char** argv) { return shmbus::main_of_send(argc, argv); }
