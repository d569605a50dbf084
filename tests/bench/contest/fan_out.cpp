#include <memory>

#include "protocol/codec/requests.hpp"
#include "tests/bench/contest/rows.hpp"
#include "tests/bench/others.hpp"

namespace shmbus::bench {
namespace {

constexpr int kBurst = 1000;

// A plain subscriber; the bare publisher waits until it is connected.
class BareSubscriber {
 public:
  BareSubscriber(zmq::context_t& context, const std::string& endpoint) : socket_(context, zmq::socket_type::sub) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvhwm, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 10'000);
    socket_.set(zmq::sockopt::subscribe, "shm/");
    socket_.connect(endpoint);
  }

  void receive() {
    zmq::message_t frame;
    do {
      if (!socket_.recv(frame)) {
        throw std::runtime_error("no bare message came");
      }
    } while (frame.more());
  }

 private:
  zmq::socket_t socket_;
};

// All of a burst by all of them.
template <class S, class Receive>
void receive_all(S& subscribers, const Receive& receive) {
  for (auto& subscriber : subscribers) {
    for (int i = 0; i < kBurst; ++i) {
      receive(*subscriber);
    }
  }
}

}  // namespace

void measure_events(Field& field, Results& results, const Effort& effort) {
  WriteRequest write;
  write.segment.shm_key = kKey;
  write.data = "x";
  BatchRequest batch;
  batch.requests.assign(kBurst, BatchItem{{}, Request{{}, {}, {}, write}, {}});
  const std::string burst = encode_request({RequestId(std::uint64_t{1}), {}, {}, batch});
  std::string published;
  const std::string payload(kEventBytes, 'x');
  for (int i = 0; i < kBurst; ++i) {
    published += redis_command({"PUBLISH", "shm", payload});
  }

  struct Ours {
    Pipeline client;
    std::vector<std::unique_ptr<Subscriber>> subscribers;
  };
  auto agents = for_each_build(field.builds, [&](Build& build) {
    return Ours{Pipeline(field.context, build.commands()), {}};
  });
  std::vector<std::unique_ptr<BareSubscriber>> bare;
  std::vector<std::unique_ptr<StreamClient>> of_redis;
  const std::unique_ptr<StreamClient> redis = field.redis ? std::make_unique<StreamClient>(field.redis_path) : nullptr;
  for (const int count : {1, 10, effort.most_subscribers}) {
    const std::size_t before = bare.size();
    while (bare.size() < static_cast<std::size_t>(count)) {
      for (auto& [build, ours] : agents) {
        ours.subscribers.push_back(std::make_unique<Subscriber>(field.context, build->events()));
      }
      bare.push_back(std::make_unique<BareSubscriber>(field.context, field.publisher_endpoint()));
      if (redis) {
        of_redis.push_back(std::make_unique<StreamClient>(field.redis_path));
        of_redis.back()->ask(redis_command({"SUBSCRIBE", "shm"}));
      }
    }
    field.publisher.expect(bare.size() - before);
    const RowName row{"events to " + std::to_string(count) + " subscribers", "/s"};
    std::vector<Runner> runners{{row, Side::kEcho, [&](int) {
                                   return timed([&] {
                                     field.publisher.publish(kBurst);
                                     receive_all(bare, [](BareSubscriber& subscriber) { subscriber.receive(); });
                                     field.publisher.finish();
                                   });
                                 }}};
    for (auto& [build, ours] : agents) {
      runners.push_back({row, build->side(), [&burst, &ours = ours](int) {
                           return timed([&] {
                             ours.client.send(burst);
                             receive_all(ours.subscribers, [](Subscriber& subscriber) {
                               while (!subscriber.receive().first.ends_with("/written")) {  // a sync, another's change
                               }
                             });
                             ours.client.receive();
                           });
                         }});
    }
    if (redis) {
      runners.push_back({row, Side::kRedis, [&](int) {
                           return timed([&] {
                             redis->send(published);
                             for (int i = 0; i < kBurst; ++i) {
                               redis->receive();
                             }
                             receive_all(of_redis, [](StreamClient& subscriber) { subscriber.receive(); });
                           });
                         }});
    }
    Effort bursts = effort;
    bursts.turns = effort.bursts;
    take_rates(results, bursts, runners, 1, static_cast<double>(count) * kBurst);
  }
}

}  // namespace shmbus::bench
