"""Who writes by v1 does without the client of v2."""

import subprocess
import sys


def test_v1_does_without_influxdb_client() -> None:
    code = (
        "import sys\n"
        "from storage.influx.server import ServerAddress\n"
        "from storage.influx.writing import WriterV1\n"
        "from storage.influx.reading import influxql, promql\n"
        "writer = WriterV1(ServerAddress('http://127.0.0.1:1'), database='d')\n"
        "print(writer.write(['m value=1 1']))\n"
        "print(*sorted({'influxdb_client', 'numpy', 'reactivex'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "Away(reason='no_connection')\n\n"
