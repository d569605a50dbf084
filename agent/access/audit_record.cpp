#include "agent/access/audit_record.hpp"

#include <utility>

#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

// The beginning of `text`, not cut within a character.
std::string_view shortened(std::string_view text) {
  if (text.size() <= AuditRecord::kMostTextBytes) {
    return text;
  }
  std::size_t end = AuditRecord::kMostTextBytes;
  for (int i = 0; i < 3 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80; ++i) {
    --end;
  }
  return text.substr(0, end);
}

void append_code(std::string& to, unsigned value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  to += "\\u00";
  to += kDigits[value >> 4U & 0xfU];
  to += kDigits[value & 0xfU];
}

// Requires UTF-8.
void append_quoted(std::string& to, std::string_view text) {
  to += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 = byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (is_c1) {
      append_code(to, static_cast<unsigned char>(text[++i]));
    } else if (byte < 0x20 || byte == 0x7f) {
      append_code(to, byte);
    } else {
      if (byte == '"' || byte == '\\') {
        to += '\\';
      }
      to += text[i];
    }
  }
  to += '"';
}

void append_padded(std::string& to, std::int64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  to.append(width > digits.size() ? width - digits.size() : 0, '0');
  to += digits;
}

std::string rfc3339(WallTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<microseconds>(time) - day);
  std::string text;
  append_padded(text, static_cast<int>(date.year()), 4);
  text += '-';
  append_padded(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  append_padded(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  append_padded(text, clock.hours().count(), 2);
  text += ':';
  append_padded(text, clock.minutes().count(), 2);
  text += ':';
  append_padded(text, clock.seconds().count(), 2);
  text += '.';
  append_padded(text, clock.subseconds().count(), 6);
  text += 'Z';
  return text;
}

// An object as it grows, field by field.
class Object {
 public:
  void text(std::string_view name, std::string_view value) {
    begin(name);
    append_quoted(json_, escape_foreign(shortened(value)));
  }
  void text_if_any(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      text(name, value);
    }
  }
  void number(std::string_view name, std::uint64_t value) { raw(name, std::to_string(value)); }
  template <class Number>
  void number_if_any(std::string_view name, const std::optional<Number>& value) {
    if (value) {
      raw(name, std::to_string(*value));
    }
  }
  void permissions_if_any(std::string_view name, const std::optional<Permissions>& value) {
    if (value) {
      Object object;
      object.number("uid", value->uid);
      object.number("gid", value->gid);
      object.number("mode", mode_digits(value->mode));
      raw(name, std::move(object).ended());
    }
  }
  void segment_if_any(const SegmentRef& segment) {
    if (segment.shm_key || segment.shm_shmid) {
      Object object;
      object.number_if_any("shm_key", segment.shm_key);
      object.number_if_any("shm_shmid", segment.shm_shmid);
      raw("segment", std::move(object).ended());
    }
  }

  [[nodiscard]] std::string ended() && { return std::move(json_) + '}'; }
  [[nodiscard]] std::string line() && { return std::move(json_) + "}\n"; }

 private:
  void begin(std::string_view name) {
    json_ += json_.size() == 1 ? "\"" : ",\"";
    json_ += name;
    json_ += "\":";
  }
  void raw(std::string_view name, std::string_view json) {
    begin(name);
    json_ += json;
  }

  std::string json_ = "{";
};

}  // namespace

void Unwritten::add(const Unwritten& more) {
  since = count == 0 ? more.since : since;
  until = more.until;
  count += more.count;
}

std::string audit_line(const AuditRecord& record) {
  Object object;
  object.text("time", rfc3339(record.time));
  object.text("principal", record.caller.principal);
  object.number_if_any("uid", record.caller.uid);
  object.number_if_any("gid", record.caller.gid);
  object.number_if_any("pid", record.caller.pid);
  object.text_if_any("endpoint", record.endpoint);
  object.text_if_any("operation", record.operation);
  object.segment_if_any(record.segment);
  object.text("decision", record.verdict == Verdict::kAllow ? "allow" : "deny");
  object.text_if_any("rule", record.rule);
  object.text("outcome", record.error ? name_of(*record.error) : "ok");
  object.permissions_if_any("before", record.before);
  object.permissions_if_any("after", record.after);
  return std::move(object).line();
}

std::string left_out_line(const std::optional<std::string>& principal, const Unwritten& left_out) {
  Object object;
  object.text("time", rfc3339(left_out.until));
  if (principal) {
    object.text("principal", *principal);
  }
  object.text("since", rfc3339(left_out.since));
  object.number("left_out", left_out.count);
  return std::move(object).line();
}

std::string lost_line(const Unwritten& lost) {
  Object object;
  object.text("time", rfc3339(lost.until));
  object.text("since", rfc3339(lost.since));
  object.number("lost", lost.count);
  return std::move(object).line();
}

}  // namespace shmbus::agent
