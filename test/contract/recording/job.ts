/** A job that needs no image: it proves that identities, services and checks work. */
export const spec = `variable "port_label" {
  type = string
}

job "web" {
  type = "service"

  update {
    min_healthy_time = "1s"
    healthy_deadline = "20s"
    progress_deadline = "30s"
  }

  group "web" {
    count = 2

    network {
      port "http" {}
    }

    service {
      name     = "web"
      port     = var.port_label
      provider = "consul"
      tags     = ["one", "two"]

      meta {
        kind = "test"
      }

      check {
        type     = "tcp"
        interval = "1s"
        timeout  = "1s"
      }
    }

    task "web" {
      driver = "raw_exec"

      config {
        command = "NODE"
        args    = ["-e", "require('http').createServer((_, r) => r.end('ok')).listen(process.env.NOMAD_PORT_http)"]
      }

      consul {}

      template {
        data        = "{{ range service \\"nomad\\" }}{{ .Address }}\\n{{ end }}"
        destination = "local/servers"
      }

      resources {
        cpu    = 50
        memory = 64
      }
    }
  }
}
`.replace('NODE', process.execPath);
