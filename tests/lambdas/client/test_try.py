def test_try(client, cloud, network):
    task = client.submit("double", 4)
    assert client.wait(task).status == "COMPLETED"
    assert client.result(task) == 8
    t2 = client.map("double", [1,2,-1], tolerated_failures=1)
    print(client.wait(t2)); print(list(client.subtasks(t2, status="FAILED")))
    print(client.progress(t2))
def test_cli(run):
    r = run("submit","double","4","--wait")
    print(repr(r.stdout), repr(r.stderr), r.exit_code)
    r = run("map","double","-","--wait", stdin="1\n-2\n")
    print(repr(r.stdout), repr(r.stderr), r.exit_code)
    r = run("list")
    print(r.stdout, r.stderr, r.exit_code)
    r = run("get", *r.stdout.split("\n")[1].split("\t")[1:3])
    print(r.stdout, r.stderr, r.exit_code)
