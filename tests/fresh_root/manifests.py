#!/usr/bin/python3
"""The manifests of deploy/container against the schemas of those who read them: Kubernetes' API, as its client in Python
has it, and the compose specification, as docker-compose has it. No engine and no cluster is asked."""
import json
import pathlib
import subprocess
import types
import unittest

import kubernetes
import yaml

CONTAINER = pathlib.Path(__file__).resolve().parent / "container"
VERSIONS = {"v1": "V1", "apps/v1": "V1"}


def documents():
    for path in sorted((CONTAINER / "kubernetes").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield path.name, document


class Manifests(unittest.TestCase):
    maxDiff = None

    def read_as_kubernetes_does(self, document):
        """What remains of it: what is unknown is dropped, what is missing or of the wrong type raises."""
        client = kubernetes.client.ApiClient()
        answer = types.SimpleNamespace(data=json.dumps(document))
        kind = VERSIONS[document["apiVersion"]] + document["kind"]
        return client.sanitize_for_serialization(client.deserialize(answer, kind))

    def test_each_for_kubernetes_is_what_its_schema_says(self):
        kinds = []
        for name, document in documents():
            with self.subTest(f"{name}: {document['kind']}"):
                self.assertEqual(self.read_as_kubernetes_does(document), document)
            kinds.append(document["kind"])
        self.assertEqual(sorted(kinds), ["DaemonSet", "DaemonSet", "Namespace", "Namespace", "Pod"])

    def test_what_its_schema_does_not_say_is_found(self):
        (pod,) = (document for _, document in documents() if document["kind"] == "Pod")
        misspelt = json.loads(json.dumps(pod).replace('"readinessProbe"', '"readynessProbe"'))
        self.assertNotEqual(self.read_as_kubernetes_does(misspelt), misspelt)
        nameless = json.loads(json.dumps(pod))
        del nameless["spec"]["containers"][0]["name"]
        with self.assertRaises(ValueError):
            self.read_as_kubernetes_does(nameless)

    def composed(self, file, *options):
        return subprocess.run(["docker-compose", "-f", str(file), *options, "config"], capture_output=True, text=True,
                              check=False, timeout=60)

    def test_the_compose_file_is_what_its_specification_says(self):
        for service in ("monitor", "host", "beside"):
            done = self.composed(CONTAINER / "compose.yaml", "--profile", service)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"\n  {service}:\n", done.stdout)

    def test_what_its_specification_does_not_say_is_found(self):
        misspelt = CONTAINER / "misspelt.yaml"
        misspelt.write_text((CONTAINER / "compose.yaml").read_text(encoding="utf-8").replace("    ipc:", "    ips:"), encoding="utf-8")
        self.addCleanup(misspelt.unlink)
        self.assertIn("ips", self.composed(misspelt).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
