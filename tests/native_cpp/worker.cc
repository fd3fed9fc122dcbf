// Names that need demangling and qualifying: namespaces, templates, operators, lambdas, a class nobody outside can name.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace jobs {
namespace {
struct Hidden {
    int value;
    int scaled(int factor) const { return value * factor + rand(); }
};
}  // namespace

template <class T>
struct Box {
    T value;
    T twice() const { return value + value; }
    template <class U>
    U as() const { return U(value) + U(rand()); }
};

class Worker {
    std::vector<std::string> names;

public:
    virtual ~Worker() {}
    virtual int run(int rounds);
    int add(const std::string &name);
    int operator()(int value) const;
};

int Worker::add(const std::string &name) {
    names.push_back(name);
    std::sort(names.begin(), names.end(), [](const auto &a, const auto &b) { return a.size() < b.size(); });
    return (int)names.size();
}

int Worker::operator()(int value) const {
    Hidden hidden{value};
    return hidden.scaled(3) + (int)names.size();
}

int Worker::run(int rounds) {
    std::map<int, std::string> seen;
    auto note = [&](int i) {
        seen[i] = std::to_string(i) + names[i % names.size()];
        return (int)seen.size();
    };
    int total = 0;
    for (int i = 0; i < rounds; i++) total += note(i);
    return total;
}
}  // namespace jobs

int main(int argc, char **argv) {
    jobs::Worker worker;
    for (int i = 0; i < argc + 3; i++) worker.add(argv[0]);
    jobs::Box<int> number{argc};
    jobs::Box<std::string> text{"x"};
    printf("%d %d %d %f %s\n", worker(argc), worker.run(20), number.twice(), number.as<double>(), text.twice().c_str());
    try {
        throw argc;
    } catch (int error) {
        return error;
    }
}
