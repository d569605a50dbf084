// How soon and how completely the agent tells of what other processes do. tests/bench/run starts it.
#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include "protocol/codec/events.hpp"
#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/bench/child_process.hpp"
#include "tests/bench/load.hpp"
#include "tests/bench/others.hpp"
#include "tests/bench/process_usage.hpp"
#include "tests/bench/table.hpp"

namespace {

using namespace shmbus;
using namespace shmbus::bench;

struct Options {
  std::string commands;
  std::string events;
  std::string hop;
  pid_t agent_pid = 0;
  bool quick = false;
};

struct Sizes {
  int changes = 500;  // for each latency
  std::vector<int> segments{10, 4000};
  std::uint64_t storm = 100'000;
  std::chrono::milliseconds idle{10'000};
  int subscribers = 100;
  int bursts = 50;  // of 1000 events, one each 100 ms
};

const Sizes kQuick{20, {2}, 200, std::chrono::milliseconds(200), 3, 2};

constexpr int kBurst = 1000;
constexpr std::uint64_t kSettleNs = 1'000'000;  // the agent's default

// Microseconds from the act to the message in our hands.
double latency(ChildProcess& child, std::uint64_t number, const std::function<void()>& receive) {
  child.tell(number);
  receive();
  return static_cast<double>(now_ns() - child.answer()) / 1000;
}

void show_latency(Table& table, ChildProcess& changer, ChildProcess& hop, Subscriber& events, zmq::socket_t& bare,
                  const std::string& segments, int changes) {
  std::vector<double> agent_times;
  std::vector<double> hop_times;
  for (int i = 0; i < changes; ++i) {
    agent_times.push_back(latency(changer, static_cast<std::uint64_t>((i + 1) % 2), [&] {
      while (!events.receive().first.ends_with("/set")) {
      }
    }));
    hop_times.push_back(latency(hop, 0, [&] {
      zmq::message_t message;
      do {
        static_cast<void>(bare.recv(message));
      } while (message.more());
    }));
  }
  const double ratio = percentile(agent_times, 0.5) / percentile(hop_times, 0.5);
  table.row("change to event, p50, " + segments + " segments", shown(percentile(agent_times, 0.5), 0, " us"),
            shown(percentile(hop_times, 0.5), 0, " us"), shown(ratio, 2, ""), "<= 3", ratio <= 3);
  const double bound = kSettleNs / 1000.0 + 5 * percentile(hop_times, 0.99);
  const double p99 = percentile(agent_times, 0.99);
  table.row("change to event, p99, " + segments + " segments", shown(p99, 0, " us"),
            shown(percentile(hop_times, 0.99), 0, " us"), shown(p99, 0, " us"), "<= " + shown(bound, 0, " us"),
            p99 <= bound);
}

void show_storm(Table& table, ChildProcess& stormer, Subscriber& events, pid_t agent, std::uint64_t pairs) {
  const Seconds cpu_before = cpu_time(agent);
  const std::uint64_t start = now_ns();
  stormer.tell(pairs);
  std::uint64_t told = 0;
  std::uint64_t missed = 0;
  std::uint64_t last = 0;
  const auto count = [&](const std::string& body) {
    const Result<Event> event = decode_event(body);
    if (event && last != 0 && event->seq != last + 1) {
      throw std::runtime_error("the benchmark's own subscriber lost events");
    }
    last = event ? event->seq : last;
    told += event && event->shm_key == kStormKey ? 1 : 0;
    missed += event && event->kind == EventKind::kMissed ? 1 : 0;
  };
  std::uint64_t end = 0;
  while (told < 2 * pairs && (end == 0 || now_ns() < end + 10'000'000'000)) {
    while (const auto message = events.poll()) {
      count(message->second);
    }
    if (end == 0 && stormer.has_answered()) {
      end = stormer.answer();
    }
  }
  const double seconds = static_cast<double>(now_ns() - start) / 1e9;
  const double cores = (cpu_time(agent) - cpu_before).count() / seconds;
  const std::string what = std::to_string(pairs) + " created and removed";
  table.row(what + ", told", std::to_string(told), "", std::to_string(missed) + " missed", "all",
            told >= 2 * pairs || missed > 0);
  table.row(what + ", the agent's CPU", "", "", shown(cores, 2, " cores"), "<= 1", cores <= 1);
  table.row(what + ", resident memory", "", "", shown(resident_mib(agent), 0, " MiB"), "<= 64 MiB",
            resident_mib(agent) <= 64);
}

void show_idle(Table& table, pid_t agent, const std::string& segments, std::chrono::milliseconds time) {
  const Seconds before = cpu_time(agent);
  std::this_thread::sleep_for(time);
  const double percent = 100 * (cpu_time(agent) - before) / Seconds(time);
  table.row("idle CPU, " + segments + " segments", "", "", shown(percent, 2, " %"), "<= 0.2 %", percent <= 0.2);
}

// Each subscriber gets every event or sees by the numbers that it did not.
void show_subscribers(Table& table, zmq::context_t& context, const Options& options, const Sizes& sizes) {
  std::vector<std::unique_ptr<Subscriber>> subscribers;
  for (int i = 0; i < sizes.subscribers; ++i) {
    subscribers.push_back(std::make_unique<Subscriber>(context, options.events));
  }
  RoundTrips agent(context, options.commands);
  BatchRequest batch;
  WriteRequest write;
  write.segment.shm_key = kChangedKey;
  write.data = "x";
  batch.requests.assign(kBurst, BatchItem{{}, Request{{}, {}, {}, write}, {}});
  const std::string request = encode_request({{}, {}, {}, batch});
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  std::vector<std::uint64_t> last(subscribers.size(), 0);
  const auto drain = [&] {
    for (std::size_t i = 0; i < subscribers.size(); ++i) {
      while (const auto message = subscribers[i]->poll()) {
        if (!message->first.starts_with(kSegmentTopics)) {
          continue;  // the answer to another one's sync
        }
        const Result<Event> event = decode_event(message->second);
        if (!event) {
          throw std::runtime_error(event.error().message);
        }
        lost += last[i] != 0 ? event->seq - last[i] - 1 : 0;
        last[i] = event->seq;
        ++received;
      }
    }
  };
  const std::uint64_t start = now_ns();
  for (int burst = 0; burst < sizes.bursts; ++burst) {
    agent.ask(request);
    drain();
    const std::uint64_t due = start + static_cast<std::uint64_t>(burst + 1) * 100'000'000;
    if (const std::uint64_t now = now_ns(); now < due) {
      std::this_thread::sleep_for(std::chrono::nanoseconds(due - now));
    }
  }
  const std::uint64_t expected = static_cast<std::uint64_t>(sizes.bursts) * kBurst * subscribers.size();
  for (const std::uint64_t patience = now_ns() + 20'000'000'000; received + lost < expected && now_ns() < patience;) {
    drain();
  }
  const std::string who =
      std::to_string(sizes.subscribers) + " subscribers, " + std::to_string(10 * kBurst) + " events/s";
  table.row(who + ", events", std::to_string(received), "", std::to_string(lost) + " seen lost", "all seen",
            received + lost >= expected);
  table.row(who + ", resident memory", "", "", shown(resident_mib(options.agent_pid), 0, " MiB"), "<= 640 MiB",
            resident_mib(options.agent_pid) <= 640);
}

bool run(const Options& options, const Sizes& sizes) {
  Hop publisher(options.hop);
  ChildProcess hop([&](std::uint64_t) { return publisher.act(); });
  ChildProcess changer(make_or_change);
  ChildProcess stormer(storm);
  zmq::context_t context;
  zmq::socket_t bare(context, zmq::socket_type::sub);
  bare.set(zmq::sockopt::subscribe, "");
  bare.set(zmq::sockopt::linger, 0);
  hop.tell(0);
  bare.connect(options.hop);
  hop.answer();
  Table table;
  for (const int segments : sizes.segments) {
    changer.ask(static_cast<std::uint64_t>(segments));
    Subscriber events(context, options.events);
    show_latency(table, changer, hop, events, bare, std::to_string(segments), sizes.changes);
  }
  show_idle(table, options.agent_pid, std::to_string(sizes.segments.back()), sizes.idle);
  {
    Subscriber events(context, options.events);
    show_storm(table, stormer, events, options.agent_pid, sizes.storm);
  }
  show_subscribers(table, context, options, sizes);
  return table.all_met();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options options;
    CLI::App app{"Takes the figures of a running shmbus-agent that tell how it finds the changes of others."};
    app.add_option("--commands", options.commands, "The agent's endpoint for requests")->required();
    app.add_option("--events", options.events, "The agent's endpoint for events")->required();
    app.add_option("--hop", options.hop, "Endpoint for the bare publisher that this program starts")->required();
    app.add_option("--agent-pid", options.agent_pid, "The agent's process")->required();
    app.add_flag("--quick", options.quick, "Little of everything, to see that it works; no figure means anything");
    CLI11_PARSE(app, argc, argv);
    const bool met = run(options, options.quick ? kQuick : Sizes{});
    return met || options.quick ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shmbus-bench-detection: %s\n", error.what());
    return 2;
  }
}
